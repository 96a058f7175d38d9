"""What a first run takes of an archive: of every dataset, and in words where there is nothing."""

from pathlib import Path

import pytest

from isotherm.archive.station_year import StationYear
from isotherm.datasets.registry import DATASETS
from isotherm.errors import SourceError
from isotherm.local.first_pipeline import MAX_STATIONS, import_form
from isotherm.local.first_run import FirstRunRecord, choose_first_visit
from isotherm.settings import Settings


def test_a_first_run_takes_every_dataset_of_at_most_a_hundred_stations(tmp_path: Path) -> None:
    for dataset in DATASETS:
        access = tmp_path / "archive" / dataset.layout.access_path
        for form in dataset.layout.forms:
            (access / form.year_folder(2014)).mkdir(parents=True)
            for number in range(MAX_STATIONS + 5):
                (access / form.path(f"ZZ{number:09}", 2014)).touch()
    settings = Settings(state_dir=tmp_path / "state", archive=str(tmp_path / "archive"))
    chosen, dataset = choose_first_visit(settings)
    assert dataset == "", "all that have files"
    assert len(chosen) == len(set(chosen)) == MAX_STATIONS * len(DATASETS)
    assert {one.dataset for one in chosen} == {one.name for one in DATASETS}
    assert max(one.station_id for one in chosen) == f"ZZ{MAX_STATIONS - 1:09}"


def test_a_first_visit_of_one_dataset_is_not_imported_of_others_as_well(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path / "state", archive="simulated")
    chosen, dataset = choose_first_visit(settings)
    assert {one.dataset for one in chosen} == {dataset} == {"ghcnh"}
    settings.state_dir.mkdir()
    FirstRunRecord("running", chosen, attempt=1, dataset=dataset).write(settings)
    assert FirstRunRecord.read(settings).dataset == dataset, "an interrupted one goes on with it"


def test_the_import_names_the_dataset_of_the_first_visit_where_it_is_one() -> None:
    chosen = [StationYear("USW00094846", year, "ghcnh") for year in (2025, 2026)]
    form = import_form(chosen, "ghcnh")
    assert (form["dataset"], form["first_year"], form["last_year"]) == ("ghcnh", 2025, 2026)
    assert form["station_ids"] == ["USW00094846"]
    assert import_form(chosen, "")["dataset"] is None, "all that have files"


def test_an_archive_with_nothing_in_it_is_told_how_each_dataset_must_lie(tmp_path: Path) -> None:
    for dataset in DATASETS:
        (tmp_path / "archive" / dataset.layout.access_path).mkdir(parents=True)
    settings = Settings(state_dir=tmp_path / "state", archive=str(tmp_path / "archive"))
    with pytest.raises(SourceError) as caught:
        choose_first_visit(settings)
    for dataset in DATASETS:
        assert dataset.title in str(caught.value)
        for form in dataset.layout.forms:
            path = Path(dataset.layout.access_path) / "YEAR" / form.folder
            assert f"{path}/" in str(caught.value)

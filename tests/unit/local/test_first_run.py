"""What a first run takes of an archive: of every dataset, and in words where there is nothing."""

from pathlib import Path

import pytest

from isotherm.datasets.registry import DATASETS
from isotherm.errors import SourceError
from isotherm.local.first_pipeline import MAX_STATIONS
from isotherm.local.first_run import choose_station_years
from isotherm.settings import Settings


def test_a_first_run_takes_every_dataset_of_at_most_a_hundred_stations(tmp_path: Path) -> None:
    for dataset in DATASETS:
        access = tmp_path / "archive" / dataset.layout.access_path
        for form in dataset.layout.forms:
            (access / form.year_folder(2014)).mkdir(parents=True)
            for number in range(MAX_STATIONS + 5):
                (access / form.path(f"ZZ{number:09}", 2014)).touch()
    settings = Settings(state_dir=tmp_path / "state", archive=str(tmp_path / "archive"))
    chosen = choose_station_years(settings)
    assert len(chosen) == len(set(chosen)) == MAX_STATIONS * len(DATASETS)
    assert {one.dataset for one in chosen} == {one.name for one in DATASETS}
    assert max(one.station_id for one in chosen) == f"ZZ{MAX_STATIONS - 1:09}"


def test_an_archive_with_nothing_in_it_is_told_how_each_dataset_must_lie(tmp_path: Path) -> None:
    for dataset in DATASETS:
        (tmp_path / "archive" / dataset.layout.access_path).mkdir(parents=True)
    settings = Settings(state_dir=tmp_path / "state", archive=str(tmp_path / "archive"))
    with pytest.raises(SourceError) as caught:
        choose_station_years(settings)
    for dataset in DATASETS:
        assert dataset.title in str(caught.value)
        for form in dataset.layout.forms:
            path = Path(dataset.layout.access_path) / "YEAR" / form.folder
            assert f"{path}/" in str(caught.value)

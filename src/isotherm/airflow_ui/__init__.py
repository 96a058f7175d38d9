"""What Isotherm adds to the Airflow UI beside the dashboard; `plugins/` registers it."""

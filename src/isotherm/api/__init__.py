"""The HTTP API and the dashboard it serves; FastAPI, read-only, on MySQL's finished summaries."""

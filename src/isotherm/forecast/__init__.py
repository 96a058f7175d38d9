"""The temperature of the hours to come, pure: arrays in, arrays out, no engine.

`hours` (a station's past on a regular grid) → `features` and `neighbours` (one row per origin) → `sums`
(what is kept of the rows) → `ridge` (coefficients, made from the sums alone) → `model` (a forecast,
with its fallbacks), and `trees` beside it where a station gains by them. `baselines`, `scores`,
`interval` and `backtest` say what a forecast is worth.

An *origin* is an hour that has a temperature; nothing later than it is ever looked at. A *lead* is how
many hours ahead. Times are hours since 1970, UTC.
"""

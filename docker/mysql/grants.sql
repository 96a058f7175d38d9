-- Run once, when the volume is new. The database that days are replayed in: made and dropped by
-- reconcile_layers.
GRANT ALL ON `isotherm\_reconcile`.* TO 'isotherm'@'%';

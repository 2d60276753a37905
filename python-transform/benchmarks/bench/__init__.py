"""What `make bench` runs: the pipeline beside its baselines, the core beside other detectors, and how they grow.

The parts, each a section of `build/bench/bench.json`:

- `boundary`: Java alone, rows passed through Python unread, rows scored, blocks of columns scored
- `core`: the detector alone by batch size, and where the transform's time goes
- `accelerator`: the published accelerator's way, a row at a time
- `rivals`: detectors of PyOD
- `training`: time and memory of training by rows
- `volume`: time and memory of the pipeline by rows
- `workers`: the pipeline on a Flink cluster of this machine, with one worker and with two
"""

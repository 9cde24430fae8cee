"""The networks: the teacher (`ccnn`), the student, their checkpoints, and how they run.

`runtime.load_classifier` turns a checkpoint into calibrated probabilities. Only the networks'
own files, `initialise`, `count`, `matrices` and `torch_runtime` import torch; the student on the
CPU runs without it.
Nothing here unpickles.
"""

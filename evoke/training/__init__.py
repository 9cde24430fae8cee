"""Training and distillation.

    data.load_windows -> LabelledWindows    features, labels, where each window comes from
    run.run           -> [Trained]          folds of a protocol: trained, calibrated, tested
    trainer, fitting                        networks side by side; one network's epochs
    device                                  steps on the CPU, and as graphs on a GPU
    runs.RunFolder                          what a killed run goes on from
    losses, calibration, metrics            the mathematics
    config, recipes, events                 what goes in and what is said meanwhile

Only `losses`, `device`, `ensemble`, `fitting` and `trainer` import torch. Networks and the writer
of checkpoints are handed in.
"""

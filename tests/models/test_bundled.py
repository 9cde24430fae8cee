"""The student that ships: what it says of itself is true, and it reads what plays first."""

from __future__ import annotations

import re

import numpy as np

from evoke.classifier import check_fit
from evoke.dataset.demo import DEMO_SEED, DEMO_SUBJECT, DemoSubject
from evoke.dataset.subject import Subject, subject_features
from evoke.features import DifferentialEntropy
from evoke.signal.chain import ChainSettings
from evoke.training.data import collect
from evoke.training.metrics import evaluate
from models.card import render
from models.runtime import BUNDLED_STUDENT, load_classifier


def test_it_fits_the_signal_path() -> None:
    check_fit(load_classifier(device="cpu"), ChainSettings().describe())


def test_its_card_is_honest() -> None:
    card = load_classifier(device="cpu").card
    assert card.data.synthetic
    assert card.data.preset == "showcase"
    assert f"s{DEMO_SUBJECT:02d}" not in card.data.subjects
    assert card.training.teacher is not None
    assert card.training.protocol == "trials"
    assert {e.protocol for e in card.evaluations} == {"trials", "subjects"}
    text = BUNDLED_STUDENT.with_suffix(".md").read_text()
    assert text == render(card)
    (first, *rest) = card.evaluations
    part = first.model_copy(update={"trivial": {"valence": {"accuracy": 0.5}}})
    shown = render(card.model_copy(update={"evaluations": (part, *rest)}))
    assert "| macro | " in shown, "though its trivial answer is not said"
    assert not {"True", "None", "False"} & {*re.findall(r"\w+", text)}
    assert "Trained on synthetic data" in text


def test_it_reads_the_subject_that_plays_first() -> None:
    person = DemoSubject(DEMO_SUBJECT, DEMO_SEED, "showcase")
    trials = [person.trial(number, 20) for number in range(1, 9)]
    eeg = np.stack([samples[:32] for samples, _ in trials])
    subject = Subject("s99", eeg, np.stack([ratings for _, ratings in trials]), synthetic=True)
    features = DifferentialEntropy()
    windows = collect([subject_features(subject, features, "mean")], features)
    p = load_classifier(device="cpu").classify(windows.grid)
    scores = evaluate(p, windows.high, windows.high).scores["macro"]
    assert scores["accuracy"] > 0.8
    assert scores["nll"] < 0.45
    undecided = ((p > 0.45) & (p < 0.55)).any(axis=1).mean()
    assert undecided < 0.25
    assert p.min() < 0.1
    assert p.max() > 0.9

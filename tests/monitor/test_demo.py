"""What the demo says about itself."""

from dataclasses import replace

import pytest

from analysis import analyse
from analysis.results import Rep
from analysis.simulate import demo_session
from monitor import demo
from monitor.virtual_patient import VirtualPatient


@pytest.fixture(scope="module")
def measured() -> tuple[Rep, ...]:
    session = demo_session()
    return analyse(session.samples, calibration=session.calibration).reps


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> VirtualPatient:
    monkeypatch.setattr(VirtualPatient, "started_s", property(lambda _: 0.0))
    return VirtualPatient()


def test_true_figures_are_a_success(
    measured: tuple[Rep, ...], patient: VirtualPatient, capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo._verdict(measured, measured, patient) == 0
    said = capsys.readouterr().out
    assert "7 of 7 repetitions counted" in said
    assert "the same figures" in said


@pytest.mark.parametrize("fault", ["too long", "one missing", "not measured", "recording differs"])
def test_false_figures_are_a_failure(fault: str, measured: tuple[Rep, ...], patient: VirtualPatient) -> None:
    first = measured[0]
    assert first.lower_s is not None
    live = list(measured)
    recorded = live
    if fault == "too long":
        live = recorded = [replace(first, lower_s=first.lower_s + 0.3), *measured[1:]]
    elif fault == "one missing":
        live = recorded = list(measured[1:])
    elif fault == "not measured":
        live = recorded = [replace(first, lower_s=None), *measured[1:]]
    else:
        recorded = [replace(first, lower_s=first.lower_s + 0.001), *measured[1:]]

    assert demo._verdict(live, recorded, patient) == demo.FAILED


def test_a_row_tells_measurement_truth_and_difference(
    measured: tuple[Rep, ...], patient: VirtualPatient
) -> None:
    row = demo._row(1, measured[0], demo._truth_of(measured[0], patient))
    assert f"{measured[0].lower_s:.2f} s" in row
    assert f"{patient.session.reps[0].lower_s:.2f} s" in row
    assert "nordic" in row

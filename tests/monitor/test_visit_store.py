"""People, plans and visits over the catalogue: what is planned, what came of it, what may be asked next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.simulate import demo_session
from drivers.source import SensorInfo
from monitor import filing, visit_store
from monitor.plan import Plan, Tempo
from monitor.plans import TEMPLATES, Before, Morning, PainRule, Sentence
from monitor.session import SetRecord, begin
from monitor.visit_store import CatalogueStore, StoreError, Today, VisitStore, WaitingMorning
from recordings.catalogue import Catalogue, open_catalogue
from recordings.catalogue.entries import Score, SessionEntry, SetEntry
from recordings.format import LIVE_SUFFIX, RecordedEvent, new_metadata
from recordings.salvage import finish
from recordings.writer import write_recording

pytestmark = pytest.mark.usefixtures("state_folder")

NOON = datetime(2026, 3, 10, 12).astimezone()
SENSOR = SensorInfo("plain", "Test sensor", "test", rate_hz=100.0)
PLAN = Plan("nordic", "left", 3, 5, Tempo(4.0), 90.0, 3, "Nordic", 7)
SESSION = begin((PLAN,))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "c.sqlite3"


@pytest.fixture
def catalogue(place: Path) -> Catalogue:
    return open_catalogue(place)


@pytest.fixture
def store(place: Path) -> CatalogueStore:
    return CatalogueStore(opened=lambda: open_catalogue(place), now=lambda: NOON)


def done(
    catalogue: Catalogue,
    code: str,
    days_ago: int,
    pain: int | None = 1,
    *,
    stage: int | None = 7,
    limit: int | None = 3,
    stopped: str | None = None,
    hours: float = 0.0,
) -> str:
    """Enter a session of one set, and return its id."""
    started = NOON - timedelta(days=days_ago, hours=hours)
    session_id = f"{code}-{days_ago}-{hours}"
    found = SetEntry(1, "recorded", "nordic", "left", 5, 4.0, (), "Nordic", stage, limit, "tones", stopped)
    scores = () if pain is None else (Score("pain", pain, 1, "recorded"),)
    catalogue.file_session(
        SessionEntry(
            session_id,
            round(started.timestamp()) * 10**9,
            "UTC",
            60.0,
            "Test sensor",
            simulated=False,
            damaged=False,
            algorithm_version="3",
            files=(),
            sets=(found,),
            scores=scores,
        )
    )
    catalogue.assign(catalogue.row(session_id), catalogue.person(code))
    return session_id


def test_it_is_what_a_visit_needs(store: CatalogueStore) -> None:
    needed: VisitStore = store
    assert needed.people() == ()


# --- people ----------------------------------------------------------------------------------------------


def test_people_come_with_their_last_session_and_the_morning_to_ask_about(
    store: CatalogueStore, catalogue: Catalogue
) -> None:
    ann, ben, eve = (store.add_person(name) for name in ("  Ann ", "Ben", ""))
    done(catalogue, "P001", 3)
    newest = done(catalogue, "P001", 1)
    done(catalogue, "P002", 0, hours=1)

    assert (ann.code, ann.name, ben.code, eve.name) == ("P001", "Ann", "P002", "")
    rows = store.people()
    assert rows[0] == replace(
        ann,
        last_session=(NOON - timedelta(days=1)).date(),
        waiting=WaitingMorning(newest, NOON - timedelta(days=1)),
    )
    # The morning after today's session has not come yet.
    assert rows[1] == replace(ben, last_session=NOON.date())
    assert rows[2] == eve


def test_a_morning_that_was_told_is_not_asked_for_again(store: CatalogueStore, catalogue: Catalogue) -> None:
    store.add_person("Ann")
    session_id = done(catalogue, "P001", 1)
    store.report_morning(session_id, 2, back_to_usual=True)

    assert store.people()[0].waiting is None


def test_a_morning_long_ago_is_not_asked_for(store: CatalogueStore, catalogue: Catalogue) -> None:
    store.add_person("Ann")
    done(catalogue, "P001", 4)
    assert store.people()[0].waiting is None
    done(catalogue, "P001", 3)
    assert store.people()[0].waiting is not None


def test_yesterday_is_asked_for_even_if_today_somebody_has_trained_again(
    store: CatalogueStore, catalogue: Catalogue
) -> None:
    store.add_person("Ann")
    yesterday = done(catalogue, "P001", 1)
    done(catalogue, "P001", 0, hours=2)

    waiting = store.people()[0].waiting
    assert waiting is not None
    assert waiting.session_id == yesterday


# --- plans -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("chosen", visit_store.templates(), ids=lambda each: each.title)
def test_a_template_that_was_chosen_is_todays_plan(store: CatalogueStore, chosen: Today) -> None:
    store.add_person("Ann")
    store.choose_plan("P001", chosen)

    assert store.today("P001") == chosen


def test_templates_come_in_their_order(store: CatalogueStore) -> None:
    assert [each.stage for each in store.templates()] == [each.stage for each in TEMPLATES]


LINE = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=30)
ANY_PLAN = st.builds(
    Plan,
    st.sampled_from(["nordic", "bridge"]),
    st.sampled_from(["left", "right", "both"]),
    st.integers(1, 20),
    st.integers(1, 50),
    st.builds(Tempo, st.floats(0.5, 60), st.floats(0, 300), st.floats(0, 60), st.floats(0, 600)),
    st.floats(0, 3600),
    st.integers(0, 10),
    LINE,
    st.none(),
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LINE, LINE, st.lists(ANY_PLAN, min_size=1, max_size=3))
def test_any_plan_comes_back_as_it_was_chosen(
    store: CatalogueStore, title: str, source: str, plans: list[Plan]
) -> None:
    code = store.add_person("Ann").code
    store.choose_plan(code, Today("before", 7, (PLAN,)))
    chosen = Today(title, None, tuple(plans), None, source)
    store.choose_plan(code, chosen)

    assert store.today(code) == chosen


def test_without_a_plan_there_are_some_bridges(store: CatalogueStore) -> None:
    store.add_person("Ann")

    assert store.today("P001") == store.today(None)
    assert store.today(None).title == visit_store.NO_PLAN
    assert len(store.today(None).plans) == 1


def test_a_plan_without_a_title_is_called_by_its_exercise(
    store: CatalogueStore, catalogue: Catalogue
) -> None:
    store.add_person("Ann")
    store.choose_plan("P001", Today("", None, (replace(PLAN, variant="", stage=None),)))
    assert store.today("P001").title == "Nordic curl"


# --- verdicts and suggestions ------------------------------------------------------------------------------


def test_a_session_waits_until_its_morning_is_told(store: CatalogueStore, catalogue: Catalogue) -> None:
    store.add_person("Ann")
    session_id = done(catalogue, "P001", 1, pain=2)
    catalogue.tell_before(session_id, 1, ["Pain at night"])
    (past,) = store.past("P001")
    assert (past.judgement.verdict, past.morning, past.worst_pain, past.stage) == ("waiting", None, 2, 7)
    assert past.before == Before(1, ("Pain at night",))
    assert past.when == NOON - timedelta(days=1)

    store.report_morning(session_id, 3, back_to_usual=True)
    assert store.past("P001")[0].judgement.verdict == "red"  # two points more than before
    store.report_morning(session_id, 1, back_to_usual=True, instead_of=(3, True))
    assert store.past("P001")[0].judgement.verdict == "green"
    assert store.past("P001")[0].morning == Morning(1, True, 1)
    store.report_morning(session_id, 1, back_to_usual=False, instead_of=(1, True))
    assert store.past("P001")[0].judgement.verdict == "red"


@pytest.mark.parametrize(
    ("pain", "limit", "stopped", "verdict"),
    [
        (3, 3, None, "amber"),
        (4, 3, None, "red"),
        (4, 5, None, "amber"),
        (4, None, None, "red"),
        (0, 3, "sudden pain", "red"),
        (None, 3, None, "waiting"),
    ],
)
def test_limit_and_sudden_pain_come_from_the_recording(
    store: CatalogueStore,
    catalogue: Catalogue,
    pain: int | None,
    limit: int | None,
    stopped: str | None,
    verdict: str,
) -> None:
    store.add_person("Ann")
    session_id = done(catalogue, "P001", 1, pain, limit=limit, stopped=stopped)
    store.report_morning(session_id, 0, back_to_usual=True)

    assert store.past("P001")[0].judgement.verdict == verdict


def test_pain_that_was_entered_later_corrects_what_was_recorded(
    store: CatalogueStore, catalogue: Catalogue
) -> None:
    store.add_person("Ann")
    session_id = done(catalogue, "P001", 1, pain=3)
    catalogue.add_score(session_id, Score("pain", 1, 1))
    done(catalogue, "P001", 1, pain=3)  # measured again
    catalogue.assign(catalogue.row(session_id), catalogue.person("P001"))
    store.report_morning(session_id, 0, back_to_usual=True)

    assert store.past("P001")[0].judgement.verdict == "green"


def test_two_green_sessions_let_a_person_ask_and_change_no_plan(
    store: CatalogueStore, catalogue: Catalogue
) -> None:
    store.add_person("Ann")
    chosen = store.templates()[1]
    store.choose_plan("P001", chosen)
    for days in (4, 2):
        assert store.today("P001").suggestion is None or days == 2
        store.report_morning(done(catalogue, "P001", days, stage=2), 0, back_to_usual=True)

    today = store.today("P001")
    assert today.suggestion is not None
    assert "you may ask your therapist about the next step" in today.suggestion
    assert replace(today, suggestion=None) == chosen

    done(catalogue, "P001", 1, stage=2)
    assert str(store.today("P001").suggestion).startswith("How was the pain on the morning after")


def test_the_numbers_of_the_rule_and_the_language_can_be_others(
    place: Path, store: CatalogueStore, catalogue: Catalogue
) -> None:
    store.add_person("Ann")
    store.choose_plan("P001", store.templates()[1])
    store.report_morning(done(catalogue, "P001", 1, pain=4, stage=2, limit=9), 0, back_to_usual=True)
    said: list[Sentence] = []

    def say(sentence: Sentence) -> str:
        said.append(sentence)
        return "anders"

    other = replace(store, rule=PainRule(green_up_to=4, greens_to_ask=1), say=say)
    assert other.today("P001").suggestion == "anders"
    assert "next step" in said[0].text
    assert "same plan again" in str(store.today("P001").suggestion)


def test_a_users_numbers_are_read_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visit_store, "data_folder", lambda: tmp_path)
    assert visit_store.open_store().rule == PainRule()
    visit_store.rule_path().write_text('{"greens_to_ask": 3}')
    assert visit_store.open_store().rule == PainRule(greens_to_ask=3)
    visit_store.rule_path().write_text('{"greens_to_ask": 0}')
    with pytest.raises(StoreError, match="greens_to_ask must be a whole number from 1 to 20, not 0"):
        visit_store.open_store()


# --- filing ----------------------------------------------------------------------------------------------


def recorded(path: Path, *events: tuple[str, dict[str, object]], simulated: bool = False) -> Path:
    metadata = new_metadata(replace(SENSOR, simulated=simulated))
    plan = {
        "exercise": "nordic",
        "side": "left",
        "sets": 3,
        "reps": 5,
        "tempo": {"lower_s": 4.0, "hold_s": 0.0, "lift_s": 0.0, "rest_s": 0.0},
        "rest_between_sets_s": 90.0,
        "pain_limit": 3,
        "variant": "Nordic",
        "stage": 7,
    }
    said = [
        ("set_start", {"t_s": 0.0, "set": 1, "number": 1, "sound_settings": {"mode": "tones"}, "plan": plan}),
        ("set_stop", {"t_s": 40.0, "set": 1, "reps": 3}),
        *events,
    ]
    return write_recording(
        path,
        metadata,
        samples=demo_session().samples[:4000],
        events=[RecordedEvent(metadata.started_host_ns, kind, data) for kind, data in said],
        block_s=1.0,
    )


def test_a_visit_is_entered_with_all_that_was_told(
    tmp_path: Path, store: CatalogueStore, catalogue: Catalogue
) -> None:
    store.add_person("Ann")
    path = recorded(tmp_path / "1.mcap", ("pain", {"set": 1, "worst": 2}), ("effort", {"set": 1, "score": 7}))
    for _ in range(2):  # again, as after an error somewhere else
        assert store.file_visit("P001", path, SESSION, Before(1, ("Pain at night",))) is None

    (visit,) = catalogue.visits(catalogue.person("P001"))
    (done_set,) = (each for each in visit.sets if each.source == "recorded")
    assert (done_set.variant, done_set.stage, done_set.pain_limit) == ("Nordic", 7, 3)
    assert (done_set.sound, done_set.stopped) == ("tones", None)
    assert {(each.kind, each.value, each.set_number) for each in visit.scores} == {
        ("pain", 2, 1),
        ("effort", 7, 1),
    }
    assert (visit.pain_before, visit.stops) == (1, ("Pain at night",))
    assert len(catalogue.session(visit.session_id).sets[0].reps) > 0


def test_what_was_told_last_holds(tmp_path: Path, store: CatalogueStore, catalogue: Catalogue) -> None:
    store.add_person("Ann")
    path = recorded(
        tmp_path / "1.mcap",
        ("pain", {"set": 1, "worst": 9}),
        ("pain", {"set": 1, "worst": None}),
        ("effort", {"set": 1, "score": 3}),
        ("effort", {"set": 1, "score": 4}),
        ("set_start", {"t_s": 41.0, "set": 2, "plan": None, "sound": False}),
        ("set_withdrawn", {"set": 2, "why": "standing up"}),
        ("sudden_pain", {"set": 1}),
    )
    assert store.file_visit("P001", path, SESSION, Before()) is None

    (visit,) = catalogue.visits()
    assert [(each.kind, each.value) for each in visit.scores] == [("effort", 4)]
    assert [each.stopped for each in visit.sets if each.source == "recorded"] == ["sudden pain"]
    assert store.past("P001")[0].judgement.verdict == "red"


def test_a_set_of_the_other_exercise_is_entered_as_that(
    tmp_path: Path, store: CatalogueStore, catalogue: Catalogue
) -> None:
    bridge = asdict(Plan("bridge", "left", 2, 8, Tempo(3.0), variant="Single-leg bridge", stage=4))
    path = recorded(tmp_path / "1.mcap", ("exercise_switched", {"set": 1, "plan": bridge}))
    assert store.file_visit(None, path, SESSION, Before()) is None

    (row,) = catalogue.sessions().sessions
    done_set = catalogue.session(row.session_id).sets[0]
    assert (done_set.exercise, done_set.variant, done_set.stage) == ("bridge", "Single-leg bridge", 4)


def test_what_the_recording_has_lost_is_taken_from_the_session(
    tmp_path: Path, store: CatalogueStore, catalogue: Catalogue
) -> None:
    path = recorded(tmp_path / "1.mcap")
    session = replace(SESSION, sets=(SetRecord(PLAN, 0, 1, 0.0, 40.0, pain=3),))
    for _ in range(2):
        assert store.file_visit(None, path, session, Before()) is None

    (row,) = catalogue.sessions().sessions
    assert (row.person, row.worst_pain) == (None, 3)
    assert catalogue.session(row.session_id).scores == (Score("pain", 3, 1, "entered"),)


def test_a_simulated_visit_is_left_out(tmp_path: Path, place: Path, store: CatalogueStore) -> None:
    path = recorded(tmp_path / "1.mcap", simulated=True)

    assert store.file_visit(None, path, SESSION, Before()) is None
    assert not place.exists()


def left_by_a_crash(folder: Path, simulated: bool = False) -> Path:
    """Return a recording as a power cut leaves it: without its end, and its last chunk cut off."""
    path = recorded(folder / "1.mcap", ("pain", {"set": 1, "worst": 4}), simulated=simulated)
    torn = path.with_name(path.name + LIVE_SUFFIX)
    torn.write_bytes(path.read_bytes()[: path.stat().st_size * 3 // 4])
    path.unlink()
    return torn


def test_a_recording_that_was_finished_later_is_entered_and_nobodys(
    tmp_path: Path, store: CatalogueStore, catalogue: Catalogue
) -> None:
    torn = left_by_a_crash(tmp_path)
    whole = torn.read_bytes()
    finished, _ = finish(torn)
    for _ in range(2):
        assert store.file_finished(finished) is None

    (row,) = catalogue.sessions().sessions
    assert (row.person, row.worst_pain, row.sets) == (None, 4, 1)
    assert row.reps > 0
    assert [Path(path) for path in catalogue.session(row.session_id).files] == [finished]
    assert torn.read_bytes() == whole

    # Once somebody has said whose it is, that stays.
    ann = catalogue.add_person("P001", "Ann")
    catalogue.assign(row, ann)
    assert store.file_finished(finished) is None
    assert catalogue.row(row.session_id).person == "P001"


def test_a_finished_recording_of_a_simulated_sensor_is_left_out(
    tmp_path: Path, place: Path, store: CatalogueStore
) -> None:
    finished, _ = finish(left_by_a_crash(tmp_path, simulated=True))
    assert store.file_finished(finished) is None
    assert not place.exists()


@pytest.mark.parametrize("what", ["a damaged catalogue", "no recording"])
def test_a_finished_recording_that_cannot_be_entered_is_said_in_a_sentence(
    what: str, tmp_path: Path, place: Path, store: CatalogueStore
) -> None:
    finished, _ = finish(left_by_a_crash(tmp_path))
    if what == "no recording":
        finished.unlink()
    else:
        broken(place)
    said = store.file_finished(finished)
    assert said is not None
    assert said.startswith("the recording is kept, but not in the catalogue (")
    assert f"`eccentric catalogue rebuild {tmp_path.resolve()}` tries again" in said
    assert "\n" not in said


def broken(place: Path) -> None:
    place.parent.mkdir(parents=True)
    place.write_bytes(b"\1" * 50_000)


@pytest.mark.parametrize("what", ["a damaged catalogue", "nobody", "a torn recording", "no recording"])
def test_a_visit_that_cannot_be_entered_is_said_in_a_sentence_and_kept(
    what: str, tmp_path: Path, place: Path, store: CatalogueStore
) -> None:
    path = recorded(tmp_path / "1.mcap")
    content = path.read_bytes()
    if what == "a damaged catalogue":
        broken(place)
    if what == "a torn recording":
        path.write_bytes(content := b"nothing of the kind")
    if what == "no recording":
        path.unlink()
    said = store.file_visit("P009" if what == "nobody" else None, path, SESSION, Before())

    assert said is not None
    assert said.startswith("the recording is kept, but not in the catalogue (")
    assert "\n" not in said
    assert not path.exists() or path.read_bytes() == content


def test_what_nobody_foresaw_stops_nothing_either(
    tmp_path: Path, store: CatalogueStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> str:
        raise ZeroDivisionError("on purpose")

    path = recorded(tmp_path / "1.mcap")
    monkeypatch.setattr(filing, "file_recording", fail)
    said = store.file_visit(None, path, SESSION, Before())

    assert "something unforeseen happened: ZeroDivisionError" in str(said)
    assert "on purpose" in caplog.text


@pytest.mark.parametrize(
    "ask",
    [
        lambda store: store.people(),
        lambda store: store.add_person("Ann"),
        lambda store: store.today("P001"),
        lambda store: store.choose_plan("P001", store.templates()[0]),
        lambda store: store.report_morning("id", 2, True),
        lambda store: store.past("P001"),
    ],
    ids=["people", "add", "today", "choose", "morning", "past"],
)
def test_a_broken_catalogue_is_one_sentence(
    ask: Callable[[CatalogueStore], object], place: Path, store: CatalogueStore
) -> None:
    broken(place)

    with pytest.raises(StoreError, match=r"^the catalogue .* is damaged: .*$"):
        ask(store)
    assert store.today(None).plans


@pytest.mark.parametrize(
    "ask",
    [
        lambda store: store.today("P009"),
        lambda store: store.choose_plan("P009", store.templates()[0]),
        lambda store: store.report_morning("id-9", 2, True),
        lambda store: store.past("P009"),
    ],
    ids=["today", "choose", "morning", "past"],
)
def test_who_or_what_is_not_there_is_one_sentence(
    ask: Callable[[CatalogueStore], object], store: CatalogueStore
) -> None:
    with pytest.raises(StoreError, match=r"^there is no (person|session) \S+ in the catalogue$"):
        ask(store)

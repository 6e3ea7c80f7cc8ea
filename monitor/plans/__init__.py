"""Plans to start from, what to ask before and after, and a rule for pain that suggests and never decides.

What is published and what is this program's own proposal is said at each template and each number, and in
docs/plans.md.
"""

from monitor.plans.before import Before
from monitor.plans.pain_rule import Judgement, Morning, PainRule, PainVerdict, SetPain, judge
from monitor.plans.progression import PastSession, suggestion
from monitor.plans.sentence import Sentence
from monitor.plans.templates import TEMPLATES, Template

__all__ = [
    "TEMPLATES",
    "Before",
    "Judgement",
    "Morning",
    "PainRule",
    "PainVerdict",
    "PastSession",
    "Sentence",
    "SetPain",
    "Template",
    "judge",
    "suggestion",
]

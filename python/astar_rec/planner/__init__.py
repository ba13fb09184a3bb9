"""Which method for which targets: the fewest bits within a budget of time.

| file | one idea |
|---|---|
| `plan.py` | the choice, as an object that says why |
| `information.py` | how much information targets carry, by some of them |
| `predictions.py` | bits and seconds of each method, as formulas fitted to measurements |
"""

from .plan import DEFAULT_TIME, Plan, PlanRow, plan, plan_for

__all__ = ["DEFAULT_TIME", "Plan", "PlanRow", "plan", "plan_for"]

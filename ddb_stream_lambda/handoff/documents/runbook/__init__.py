"""The bundle's runbook: what an operator does, with commands for the resources of this stack.

Each operation is a chapter. A chapter is written only if it applies to the stack. The tests run the commands of the
chapters: every block ``sh``, with the words in capital letters replaced, and every block ``hcl`` as the file that its
first line names.
"""

from __future__ import annotations

from ...facts.stack import StackFacts
from .commands import Commands
from .deployment import check, drift, first_apply, introduction, next_bundle, roll_back
from .destruction import destroy
from .existing_resources import import_existing
from .pipelines import pipeline_chapters
from .state import before_first_apply, interrupted_apply, lost_state, move_state, stuck_lock


def runbook(facts: StackFacts, suffix: str) -> str:
    """Return the runbook's text.

    Args:
        facts: the facts about the stack.
        suffix: the suffix of the configuration's files: ``.tf`` or ``.tf.json``.
    """
    commands = Commands(facts, suffix)
    chapters = [
        before_first_apply(commands),
        first_apply(commands),
        check(commands),
        next_bundle(commands),
        roll_back(commands),
        drift(commands),
        move_state(commands),
        import_existing(commands),
        interrupted_apply(commands),
        stuck_lock(commands),
        lost_state(commands),
        *pipeline_chapters(commands),
        *destroy(commands),
    ]
    written = [chapter for chapter in chapters if chapter]
    titles = [chapter.partition("\n")[0].removeprefix("## ") for chapter in written]
    contents = "\n".join(f"- {title}" for title in titles)
    return "\n\n".join([introduction(commands), f"The chapters:\n\n{contents}", *written]) + "\n"

"""Progress of the city on a terminal."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


class Screen:
    """Progress on a terminal, or a line a phase where there is none."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console, disable=not console.is_terminal
        )
        self._task = self._bar.add_task("回放历史 history", total=None)
        self._phase = ""

    def __call__(self, phase: str, done: int, total: int) -> None:
        if phase == "backfill":
            if self._phase != phase:
                self._bar.start()
            self._bar.update(self._task, completed=done, total=total)
        elif self._phase == "backfill":
            self._bar.stop()
        if phase != self._phase:
            text = {"backfill": "回放历史 publishing history", "settling": "等待核算 waiting for the readings to be settled", "live": "实时 live"}
            self._console.print(text.get(phase, f"已报送 {done} 个数据 {done} figures submitted" if phase == "figures" else phase))
            # the live line comes back after figures without being said twice
            self._phase = phase if phase != "figures" else "live"

    def close(self) -> None:
        self._bar.stop()

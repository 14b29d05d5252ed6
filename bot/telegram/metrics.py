"""Counts and timings for Prometheus. They hold numbers only, never text or ids."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The numbers of one running bot."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.questions = Counter(
            "mali_questions", "Questions by what came of them",
            ["outcome", "language"], registry=self._registry,
        )  # fmt: skip
        self.seconds = Histogram(
            "mali_answer_seconds", "Seconds from a question's arrival to its answer being sent",
            buckets=_SECONDS, registry=self._registry,
        )  # fmt: skip
        self.presses = Counter(
            "mali_presses", "Buttons pressed, by what they ask for", ["wish"],
            registry=self._registry,
        )  # fmt: skip
        self.errors = Counter(
            "mali_errors", "Updates that could not be handled, by kind of error", ["kind"],
            registry=self._registry,
        )  # fmt: skip
        self.generation = Gauge(
            "mali_generation", "Generation of the index that answers", registry=self._registry
        )
        self.articles = Gauge("mali_articles", "Articles in it", registry=self._registry)

    def text(self) -> bytes:
        """All of them in Prometheus's text format."""
        return generate_latest(self._registry)

    def summary(self) -> dict[str, int]:
        """How many questions came to what, for `/stats`."""
        totals: dict[str, int] = {}
        for metric in self.questions.collect():
            for sample in metric.samples:
                if sample.name.endswith("_total"):
                    outcome = sample.labels["outcome"]
                    totals[outcome] = totals.get(outcome, 0) + int(sample.value)
        return totals

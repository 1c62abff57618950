"""The words of a judgement: tolerances, statuses, verdicts, and notices of what stands in its way."""

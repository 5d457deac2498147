"""Regression on its own labels: replacing grows, accumulating stays bounded.

The record: scsc toy preset regression --record paper_figures/records/regression.json
"""

from plots.record import draw_beside

if __name__ == "__main__":
    print(draw_beside(__file__).path)

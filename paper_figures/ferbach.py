"""Curation by a reward: two points and Gaussians, without and with real data.

The record: scsc toy preset ferbach --record paper_figures/records/ferbach.json
"""

from plots.record import draw_beside

if __name__ == "__main__":
    print(draw_beside(__file__).path)

"""The authors' Gaussian toy with the ideal mixture in place of its sampler.

The record: scsc toy preset exact-gaussian --record paper_figures/records/exact-gaussian.json
"""

from plots.record import draw_beside

if __name__ == "__main__":
    print(draw_beside(__file__).path)

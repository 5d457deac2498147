"""The authors' Gaussian toy, its histogram sampler re-enacted: W2 over 500 generations.

The record: scsc toy preset official-gaussian --record paper_figures/records/official-gaussian.json
"""

from plots.record import draw_beside

if __name__ == "__main__":
    print(draw_beside(__file__).path)

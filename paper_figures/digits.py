"""The image loop on 8x8 digits: baseline, uncorrected and k-means corrected, four lambdas.

The record: scsc toy digits --record paper_figures/records/digits.json
"""

from plots.record import draw_beside

if __name__ == "__main__":
    print(draw_beside(__file__).path)

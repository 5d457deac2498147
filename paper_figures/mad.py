"""MAD's fresh-data loop in 100 dimensions: an honest and a biased sampler, two first fits.

The record: scsc toy preset mad --record paper_figures/records/mad.json
"""

from plots.record import draw_beside

if __name__ == "__main__":
    print(draw_beside(__file__).path)

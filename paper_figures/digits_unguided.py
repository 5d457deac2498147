"""The image loop without guidance: what is left of the drift, and what a redraw from real digits does.

The record: scsc toy digits --guidance 1 --lam 1 --corrector none k-means redraw
--record paper_figures/records/digits-unguided.json
"""

from plots.record import draw_beside

if __name__ == "__main__":
    print(draw_beside(__file__).path)

"""The motion loop, eight seeds of every corrector, network-free and learned measures over six generations.

The runs and the record: scsc motion run --preset verdict --out DIR; scsc plot DIR --record
paper_figures/records/motion-verdict.json
"""

from plots.record import draw_beside

if __name__ == "__main__":
    print(draw_beside(__file__).path)

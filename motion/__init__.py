"""Human motion: the self-consuming loop on a text-conditioned motion diffusion model with a physics corrector."""

"""The text-to-motion diffusion model: denoiser, schedule and samplers, training, the fitted generator."""

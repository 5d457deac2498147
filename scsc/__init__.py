"""The command `scsc`: theorems, toy loops and human motion of self-consuming generative models."""

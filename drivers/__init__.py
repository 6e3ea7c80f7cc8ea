"""Radio in, samples out: sensors, links, decoders and the virtual twins used without hardware."""

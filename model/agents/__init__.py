"""Agents decide; the kernel computes. Live Mesa agents of states, users and named firms."""

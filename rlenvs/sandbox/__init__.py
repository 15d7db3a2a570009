"""Runs untrusted Python against inputs; what it computes comes back as plain data.

In reading order. In both processes: `settings`, `limits`, `encoding`, `protocol`. In the host: `libraries` (what a
program may read), `worker` (one zygote; `stage` and `users` are what it needs), `execution` (one program), `pool`,
`comparison`, `showing`. In the zygote: `zygote` starts, is closed in by `namespaces`, `privileges` and `landlock`,
checks itself with `probes`, and forks for every program a `child`, which adds `limits` and `seccomp` and then plays one
of the `roles`; `supervision` ends it in time, `scratch` cleans up after it. `kernel` and `syscalls` reach what the
standard library does not wrap.

Covered: forged verdicts (expected values never enter), other processes, files, network, signals, floods of memory,
disk, output, threads and time. Not covered: holes in the kernel, and what can be told from timing.
"""

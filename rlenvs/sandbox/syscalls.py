"""Numbers of system calls, `name:x86_64:aarch64`, in the groups that a locked-down process may use.

From the kernel's `arch/x86/entry/syscalls/syscall_64.tbl` and `include/uapi/asm-generic/unistd.h`; `-` where an
architecture lacks a call.
"""

from __future__ import annotations

import platform

AUDIT_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
"""What the kernel calls them in `seccomp_data.arch`."""

FILES = """
read:0:63 write:1:64 readv:19:65 writev:20:66 pread64:17:67 pwrite64:18:68 preadv:295:69 pwritev:296:70
open:2:- openat:257:56 close:3:57 close_range:436:436 lseek:8:62 stat:4:- fstat:5:80 lstat:6:-
newfstatat:262:79 statx:332:291 access:21:- faccessat:269:48 faccessat2:439:439 readlink:89:-
readlinkat:267:78 getdents:78:- getdents64:217:61 statfs:137:43 fstatfs:138:44 getcwd:79:17 chdir:80:49
fchdir:81:50 mkdir:83:- mkdirat:258:34 rmdir:84:- unlink:87:- unlinkat:263:35 rename:82:- renameat:264:38
renameat2:316:276 truncate:76:45 ftruncate:77:46 fallocate:285:47 fsync:74:82 fdatasync:75:83 umask:95:166
dup:32:23 dup2:33:- dup3:292:24 pipe:22:- pipe2:293:59 sendfile:40:71 copy_file_range:326:285 flock:73:32
fadvise64:221:223
"""
FILE_ATTRIBUTES = """
chmod:90:- fchmod:91:52 fchmodat:268:53 utimensat:280:88
"""
MEMORY = """
mmap:9:222 mprotect:10:226 munmap:11:215 mremap:25:216 madvise:28:233 brk:12:214 msync:26:227
membarrier:324:283
"""
SIGNALS = """
rt_sigaction:13:134 rt_sigprocmask:14:135 rt_sigreturn:15:139 rt_sigtimedwait:128:137 rt_sigsuspend:130:133
rt_sigpending:127:136 sigaltstack:131:132 pause:34:- alarm:37:- setitimer:38:103 getitimer:36:102
restart_syscall:219:128
"""
WAITING = """
poll:7:- ppoll:271:73 select:23:- pselect6:270:72 epoll_create:213:- epoll_create1:291:20 epoll_ctl:233:21
epoll_wait:232:- epoll_pwait:281:22 eventfd2:290:19 nanosleep:35:101 clock_nanosleep:230:115 futex:202:98
set_robust_list:273:99 get_robust_list:274:100
"""
CLOCKS = """
clock_gettime:228:113 clock_getres:229:114 gettimeofday:96:169 time:201:- times:100:153
"""
PROCESS = """
getpid:39:172 gettid:186:178 getppid:110:173 getuid:102:174 geteuid:107:175 getgid:104:176 getegid:108:177
getresuid:118:148 getresgid:120:150 getgroups:115:158 getpgrp:111:- getpgid:121:155 getsid:124:156
getrlimit:97:163 getrusage:98:165 sysinfo:99:179 uname:63:160 getrandom:318:278 getcpu:309:168
sched_yield:24:124 sched_getaffinity:204:123 sched_getparam:143:121 sched_getscheduler:145:120
sched_get_priority_max:146:125 sched_get_priority_min:147:126 getpriority:140:141 set_tid_address:218:96
rseq:334:293 arch_prctl:158:- exit:60:93 exit_group:231:94
"""
SOCKET_PAIRS = """
sendto:44:206 recvfrom:45:207 shutdown:48:210 getsockname:51:204 getpeername:52:205 getsockopt:55:209
"""
CHECKED = """
clone:56:220 kill:62:129 tgkill:234:131 socketpair:53:199 ioctl:16:29 fcntl:72:25 prctl:157:167
prlimit64:302:261
"""
UNSUPPORTED = """
clone3:435:435 listxattr:194:11 llistxattr:195:12 flistxattr:196:13
"""
OWN = """
capset:126:91 pivot_root:155:41 mount_setattr:442:442 landlock_create_ruleset:444:444 landlock_add_rule:445:445
landlock_restrict_self:446:446
"""
"""What the sandbox itself calls while it is set up."""


def numbers(table: str, machine: str = "") -> dict[str, int]:
    """Name to number for one architecture, by default this machine's."""
    column = 1 + list(AUDIT_ARCHITECTURES).index(machine or platform.machine())
    entries = [entry.split(":") for entry in table.split()]
    return {entry[0]: int(entry[column]) for entry in entries if entry[column] != "-"}

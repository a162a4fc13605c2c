/* Where things are installed; the build passes these. */
#ifndef HOOKSPOOL_PATHS_H
#define HOOKSPOOL_PATHS_H

#ifndef HOOKSPOOL_SYSCONFDIR
#define HOOKSPOOL_SYSCONFDIR "/usr/local/etc"
#define HOOKSPOOL_PRESETDIR "/usr/local/share/hookspool/presets"
#define HOOKSPOOL_SPOOLDIR "/usr/local/var/spool/hookspool"
#define HOOKSPOOL_RUNDIR "/usr/local/var/run/hookspool"
#define HOOKSPOOL_SPOOLER "/usr/local/sbin/hookspoold"
#endif

#endif

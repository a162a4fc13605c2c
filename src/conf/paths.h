/* Where things are installed; the build passes these. */
#ifndef HOOKSPOOL_PATHS_H
#define HOOKSPOOL_PATHS_H

#ifndef HOOKSPOOL_SYSCONFDIR
#define HOOKSPOOL_SYSCONFDIR "/usr/local/etc"
#endif
#ifndef HOOKSPOOL_PRESETDIR
#define HOOKSPOOL_PRESETDIR "/usr/local/share/hookspool/presets"
#endif
#ifndef HOOKSPOOL_SPOOLDIR
#define HOOKSPOOL_SPOOLDIR "/usr/local/var/spool/hookspool"
#endif
#ifndef HOOKSPOOL_RUNDIR
#define HOOKSPOOL_RUNDIR "/usr/local/var/run/hookspool"
#endif
#ifndef HOOKSPOOL_SPOOLER
#define HOOKSPOOL_SPOOLER "/usr/local/sbin/hookspoold"
#endif

#endif

/* What changes names: of the spool's directory, or the directory's own. */
#include "recorder.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

int
unlinkat(int at, const char *path, int flags)
{
	int (*next)(int, const char *, int) = NEXT(int (*)(int, const char *, int), "unlinkat"), result;
	const char *name = recorder_name_in(at, path);

	if (name == NULL)
		return next(at, path, flags);
	pthread_mutex_lock(&recorder_lock);
	if ((result = next(at, path, flags)) == 0)
		recorder_note_names(RECORD_UNLINK, name, NULL);
	pthread_mutex_unlock(&recorder_lock);
	return result;
}

int
unlink(const char *path)
{
	return unlinkat(AT_FDCWD, path, 0);
}

int
renameat(int from_at, const char *from, int to_at, const char *to)
{
	int (*next)(int, const char *, int, const char *) =
	    NEXT(int (*)(int, const char *, int, const char *), "renameat");
	const char *one = recorder_name_in(from_at, from), *two = recorder_name_in(to_at, to);
	int result;

	if (one == NULL && two == NULL)
		return next(from_at, from, to_at, to);
	if (one == NULL || two == NULL)
		recorder_strange("rename into or out of the spool");
	pthread_mutex_lock(&recorder_lock);
	if ((result = next(from_at, from, to_at, to)) == 0 && one != NULL && two != NULL)
		recorder_note_names(RECORD_RENAME, one, two);
	pthread_mutex_unlock(&recorder_lock);
	return result;
}

int
rename(const char *from, const char *to)
{
	return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int
linkat(int from_at, const char *from, int to_at, const char *to, int flags)
{
	int (*next)(int, const char *, int, const char *, int) =
	    NEXT(int (*)(int, const char *, int, const char *, int), "linkat");
	const char *one = recorder_name_in(from_at, from), *two = recorder_name_in(to_at, to);
	int result;

	if (one == NULL && two == NULL)
		return next(from_at, from, to_at, to, flags);
	if (one == NULL || two == NULL)
		recorder_strange("link into or out of the spool");
	pthread_mutex_lock(&recorder_lock);
	if ((result = next(from_at, from, to_at, to, flags)) == 0 && one != NULL && two != NULL)
		recorder_note_names(RECORD_LINK, one, two);
	pthread_mutex_unlock(&recorder_lock);
	return result;
}

int
link(const char *from, const char *to)
{
	return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int
mkdir(const char *path, mode_t mode)
{
	int (*next)(const char *, mode_t) = NEXT(int (*)(const char *, mode_t), "mkdir"), result;

	if (!recorder_records() || !recorder_is_directory(path))
		return next(path, mode);
	pthread_mutex_lock(&recorder_lock);
	if ((result = next(path, mode)) == 0)
		recorder_note(&(struct record){.kind = RECORD_MKDIR}, NULL, 0);
	pthread_mutex_unlock(&recorder_lock);
	return result;
}

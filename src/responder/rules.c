/* Threads notice a new configuration by comparing a pointer; the mutex is taken only then. */
#include "rules.h"

#include <errno.h>
#include <stdlib.h>

#include "../conf/conf.h"
#include "../webhook/verdict.h"

static struct rules_shared *
share(struct conf *conf)
{
	struct rules_shared *shared = calloc(1, sizeof *shared);

	if (shared == NULL) {
		conf_free(conf);
		errno = ENOMEM;
		return NULL;
	}
	shared->conf = conf;
	shared->users = 1; /* the book */
	return shared;
}

static struct rules_shared *
take(struct rules_book *book)
{
	struct rules_shared *shared;

	pthread_mutex_lock(&book->mutex);
	shared = atomic_load(&book->current);
	shared->users++;
	pthread_mutex_unlock(&book->mutex);
	return shared;
}

static void
leave(struct rules_book *book, struct rules_shared *shared)
{
	unsigned users;

	pthread_mutex_lock(&book->mutex);
	users = --shared->users;
	pthread_mutex_unlock(&book->mutex);
	if (users > 0)
		return;
	conf_free(shared->conf);
	free(shared);
}

int
rules_book_init(struct rules_book *book, struct conf *conf)
{
	struct rules_shared *shared = share(conf);

	pthread_mutex_init(&book->mutex, NULL);
	atomic_store(&book->current, shared);
	return shared == NULL ? -1 : 0;
}

int
rules_book_turn(struct rules_book *book, struct conf *conf)
{
	struct rules_shared *shared = share(conf), *old;

	if (shared == NULL)
		return -1;
	pthread_mutex_lock(&book->mutex);
	old = atomic_exchange(&book->current, shared);
	pthread_mutex_unlock(&book->mutex);
	leave(book, old);
	return 0;
}

static void
clear(struct rules *rules)
{
	for (size_t i = 0; rules->verdicts != NULL && i < rules->conf->nsources; i++)
		verdict_rules_free(rules->verdicts[i]);
	free(rules->verdicts);
	if (rules->shared != NULL)
		leave(rules->book, rules->shared);
}

static int
compile(struct rules *rules)
{
	const struct conf *conf = rules->conf;

	rules->verdicts = calloc(conf->nsources + 1, sizeof rules->verdicts[0]);
	if (rules->verdicts == NULL)
		return -1;
	for (size_t i = 0; i < conf->nsources; i++)
		if ((rules->verdicts[i] = verdict_rules_new(&conf->sources[i])) == NULL)
			return -1;
	return 0;
}

int
rules_follow(struct rules *rules, struct rules_book *book)
{
	struct rules new = {.book = book};
	int saved;

	if (rules->shared == atomic_load(&book->current))
		return 0;
	new.shared = take(book);
	new.conf = new.shared->conf;
	if (compile(&new) == 0) {
		clear(rules);
		*rules = new;
		return 0;
	}
	saved = errno;
	clear(&new);
	errno = saved;
	return -1;
}

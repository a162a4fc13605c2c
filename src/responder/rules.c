/* Acceptors notice a new configuration by comparing a pointer; the mutex is taken only then. */
#include "rules.h"

#include <errno.h>
#include <stdlib.h>

#include "../conf/conf.h"
#include "../webhook/signature.h"
#include "../webhook/validate.h"

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
	for (size_t i = 0; rules->shared != NULL && i < rules->conf->nsources; i++) {
		if (rules->signers != NULL)
			signer_free(rules->signers[i]);
		if (rules->validators != NULL)
			validator_free(rules->validators[i]);
	}
	free(rules->signers);
	free(rules->validators);
	if (rules->shared != NULL)
		leave(rules->book, rules->shared);
}

static int
compile(struct rules *rules)
{
	const struct conf *conf = rules->conf;

	rules->signers = calloc(conf->nsources + 1, sizeof rules->signers[0]);
	rules->validators = calloc(conf->nsources + 1, sizeof rules->validators[0]);
	if (rules->signers == NULL || rules->validators == NULL)
		return -1;
	for (size_t i = 0; i < conf->nsources; i++)
		if ((rules->signers[i] = signer_new(&conf->sources[i])) == NULL ||
		    (rules->validators[i] = validator_new(&conf->sources[i])) == NULL)
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

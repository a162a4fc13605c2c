/* What comes from the spooler is checked like anything else that another process says. */
#include "submitter.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "../lib/wire.h"
#include "parked.h"

#define PIECES_MAX 64 /* of one sendmsg: 32 webhooks */
#define HOLD_MS 50    /* held back no longer than this while acks are awaited */

void
submitter_init(struct submitter *submitter)
{
	submitter->socket = -1;
	submitter->greeted = false;
	submitter->sent_ms = submitter->connected_ms = 0;
	submitter->in_len = submitter->in_at = 0;
}

int
submitter_dial(int fd, const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	unsigned char hello[SUBMIT_HELLO_SIZE];

	strncpy(address.sun_path, path, sizeof address.sun_path - 1);
	submit_put_hello(hello);
	if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
		return -1;
	return send(fd, hello, sizeof hello, MSG_NOSIGNAL) == (ssize_t)sizeof hello ? 0 : -1;
}

void
submitter_connect(struct submitter *submitter, int fd, uint64_t now)
{
	submitter->socket = fd;
	submitter->connected_ms = now;
}

void
submitter_disconnect(struct submitter *submitter, struct parked *parked)
{
	if (submitter->socket != -1)
		close(submitter->socket);
	submitter->socket = -1;
	submitter->greeted = false;
	submitter->in_len = submitter->in_at = 0;
	parked_again(parked);
}

bool
submitter_may_send(const struct submitter *submitter, const struct parked *parked, uint64_t now)
{
	return submitter->greeted && parked->first != NULL &&
	    (parked->unacked == 0 || parked->first_sent > 0 || now - submitter->sent_ms >= HOLD_MS);
}

int
submitter_send(struct submitter *submitter, struct parked *parked, uint64_t now)
{
	struct iovec pieces[PIECES_MAX];

	if (!submitter_may_send(submitter, parked, now))
		return 0;
	submitter->sent_ms = now;
	while (parked->first != NULL) {
		int n_pieces = parked_gather(parked, pieces, PIECES_MAX);
		struct msghdr m = {.msg_iov = pieces, .msg_iovlen = (size_t)n_pieces};
		ssize_t n = sendmsg(submitter->socket, &m, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN || errno == EPIPE || errno == ECONNRESET ? 0 : -1;
		parked_sent(parked, (size_t)n);
	}
	return 0;
}

int
submitter_read(struct submitter *submitter)
{
	ssize_t n;

	memmove(submitter->in, submitter->in + submitter->in_at, submitter->in_len - submitter->in_at);
	submitter->in_len -= submitter->in_at;
	submitter->in_at = 0;
	n = recv(submitter->socket, submitter->in + submitter->in_len, sizeof submitter->in - submitter->in_len,
	    MSG_DONTWAIT);
	if (n < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	if (n <= 0)
		return -1;
	submitter->in_len += (size_t)n;
	return (int)n;
}

static enum submitter_frame
take_hello(struct submitter *submitter, struct wire_reader *r)
{
	if (wire_get_u32(r) != SUBMIT_MAGIC || wire_get_u16(r) != SUBMIT_VERSION)
		return SUBMITTER_NONSENSE;
	submitter->greeted = true;
	submitter->in_at += SUBMIT_HELLO_SIZE;
	return SUBMITTER_HELLO;
}

enum submitter_frame
submitter_take(struct submitter *submitter, struct submitter_ack *ack)
{
	const unsigned char *bytes = submitter->in + submitter->in_at;
	size_t len = submitter->in_len - submitter->in_at;
	struct wire_reader r;
	uint32_t size;
	uint8_t type;

	if (len < SUBMIT_HEADER)
		return SUBMITTER_PART;
	size = wire_u32_at(bytes);
	if (size + 4 != SUBMIT_ACK_SIZE && size + 4 != SUBMIT_HELLO_SIZE)
		return SUBMITTER_NONSENSE;
	if (len < size + 4)
		return SUBMITTER_PART;
	wire_reader_init(&r, bytes + 4, size);
	type = wire_get_u8(&r);
	if (type == SUBMIT_HELLO && !submitter->greeted)
		return take_hello(submitter, &r);
	if (type != SUBMIT_ACK || !submitter->greeted || size + 4 != SUBMIT_ACK_SIZE)
		return SUBMITTER_NONSENSE;
	ack->sequence = wire_get_u64(&r);
	ack->ack = wire_get_u8(&r);
	ack->number = wire_get_u64(&r);
	if (ack->ack < SUBMIT_STORED || ack->ack > SUBMIT_UNFIT)
		ack->ack = SUBMIT_INVALID;
	submitter->in_at += SUBMIT_ACK_SIZE;
	return SUBMITTER_ACK;
}

/* Binary formats, bounded. */
#include "../../src/lib/wire.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

START_TEST(what_is_written_is_read)
{
	unsigned char bytes[64], *end = bytes;
	struct wire_reader r;
	uint32_t len;

	end = wire_put_u8(end, 0xfe);
	end = wire_put_u16(end, 0x0102);
	end = wire_put_u32(end, 0xfffefdfc);
	end = wire_put_u64(end, 0x0102030405060708);
	end = wire_put_text(end, "ab", 2);
	end = wire_put_text(end, NULL, 0);
	end = wire_put_u8(end, 'c');
	ck_assert_mem_eq(bytes + 1, "\1\2\xff\xfe\xfd\xfc\1\2\3\4\5\6\7\x8\0\0\0\2ab\0\0\0\0c", 25);
	ck_assert_uint_eq(wire_u32_at(bytes + 3), 0xfffefdfc);
	wire_reader_init(&r, bytes, (size_t)(end - bytes));
	ck_assert_uint_eq(wire_get_u8(&r), 0xfe);
	ck_assert_uint_eq(wire_get_u16(&r), 0x0102);
	ck_assert_uint_eq(wire_get_u32(&r), 0xfffefdfc);
	ck_assert_uint_eq(wire_get_u64(&r), 0x0102030405060708);
	ck_assert_mem_eq(wire_get_text(&r, 2, &len), "ab", 2);
	ck_assert_uint_eq(len, 2);
	ck_assert_ptr_nonnull(wire_get_text(&r, 0, &len));
	ck_assert_uint_eq(len, 0);
	ck_assert_mem_eq(wire_get_bytes(&r, 1), "c", 1);
	ck_assert(!r.bad && r.at == r.end);
}
END_TEST

START_TEST(what_does_not_fit_stays_bad)
{
	static const unsigned char bytes[] = {0, 0, 0, 3, 'a', 'b', 'c'};
	struct wire_reader r;
	uint32_t len = 9;

	wire_reader_init(&r, bytes, 3);
	ck_assert_uint_eq(wire_get_u32(&r), 0);
	ck_assert(r.bad);
	ck_assert_uint_eq(wire_get_u8(&r), 0);
	ck_assert_ptr_null(wire_get_bytes(&r, 0));
	wire_reader_init(&r, bytes, sizeof bytes - 1);
	ck_assert_ptr_null(wire_get_text(&r, 100, &len));
	ck_assert(r.bad);
	ck_assert_uint_eq(len, 0);
	wire_reader_init(&r, bytes, sizeof bytes);
	ck_assert_ptr_null(wire_get_text(&r, 2, &len));
	ck_assert(r.bad);
	ck_assert_uint_eq(len, 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("wire");
	TCase *tc = tcase_create("wire");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, what_is_written_is_read);
	tcase_add_test(tc, what_does_not_fit_stays_bad);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

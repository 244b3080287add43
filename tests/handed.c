/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "handed.h"

struct handed handed;

void handed_setup(void)
{
	uint32_t length = LENGTH, count = FDS;
	struct iommufd_hwpt *hwpt = NULL;
	struct iommufd_hand_over *h;

	fixture_device(&handed.f);
	if (!handing_possible(&handed.f))
		return;
	OK(iommufd_hwpt_adopt(handed.f.ctx, handed.f.hwpt_id, 0, &hwpt));
	OK(iommufd_hand_over_new(handed.f.ctx, 0, &h));
	OK(iommufd_hand_over_add(h,
				 &OBJECT(IOAS, "ram", .ioas = handed.f.ioas)));
	OK(iommufd_hand_over_add(h, &OBJECT(FD, "ram", .fd = 0)));
	OK(iommufd_hand_over_add(h, &OBJECT(HWPT, "table", .hwpt = hwpt)));
	OK(iommufd_hand_over_pack(h, handed.good, &length, handed.fds, &count));
	ck_assert_uint_eq(length, LENGTH);
	ck_assert_uint_eq(count, FDS);
	iommufd_hwpt_release(hwpt);
	memcpy(handed.bad, handed.good, LENGTH);
	handed.h = h;
	handed.before = open_descriptors();
}

void handed_teardown(void)
{
	if (!handed.h)
		return;
	ck_assert_uint_eq(open_descriptors(), handed.before);
	iommufd_hand_over_release(handed.h);
	fixture_end(&handed.f);
}

uint32_t handed_get(const unsigned char *record, uint32_t at)
{
	uint32_t value;

	memcpy(&value, record + at, sizeof(value));
	return value;
}

void handed_put(uint32_t at, uint32_t value)
{
	memcpy(handed.bad + at, &value, sizeof(value));
}

uint32_t handed_in(uint32_t thing, uint32_t member)
{
	return HEAD + thing * THING + member;
}

void handed_make_sum(void)
{
	uint64_t sum = UINT64_C(0xcbf29ce484222325);

	memset(handed.bad + AT_SUM, 0, 8);
	for (uint32_t i = 0; i < LENGTH; i++)
		sum = (sum ^ handed.bad[i]) * UINT64_C(0x100000001b3);
	memcpy(handed.bad + AT_SUM, &sum, 8);
}

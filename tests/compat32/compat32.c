/* SPDX-License-Identifier: MIT */
/*
 * A 32-bit process on a 64-bit kernel: every command is refused, and the
 * library says why. Built statically from the library's sources by a cross
 * compiler, and without Check, of which there is no 32-bit copy.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <iommufd/util/util.h>

_Static_assert(sizeof(void *) == 4, "this is about 32-bit processes");

static FILE *tap;
static int number, failed;

static void check(int good, const char *name, int ret)
{
	fprintf(tap, "%sok %d - compat32:%s", good ? "" : "not ", ++number,
		name);
	if (!good) {
		failed = 1;
		fprintf(tap, " # %s, errno %d",
			iommufd_cause_name(iommufd_cause(ret)),
			iommufd_errno(ret));
	}
	fputc('\n', tap);
}

static int is_32bit(int ret)
{
	return iommufd_is(ret, IOMMUFD_CAUSE_PROCESS_32BIT) &&
	       iommufd_class(ret) == IOMMUFD_CLASS_UNSUPPORTED &&
	       iommufd_errno(ret) == ENOTTY;
}

int main(void)
{
	const char *path = getenv("IOMMUFD_TAP");
	struct iommufd_ctx *ctx = NULL, *other = NULL;
	struct iommufd_ioas *ioas = NULL;
	char why[512];
	int ret;

	tap = path ? fopen(path, "w") : stdout;
	if (!tap)
		return 1;
	ret = iommufd_ctx_open(NULL, &ctx);
	check(ret == 0, "open", ret);
	ret = iommufd_ioas_alloc(ctx, 0, &ioas);
	check(is_32bit(ret) && !ioas, "ioas_alloc", ret);
	iommufd_explain(ret, ctx, why, sizeof(why));
	check(strstr(why, "32-bit") != NULL, "explain", ret);
	ret = iommufd_ctx_probe(ctx, IOMMUFD_NR_IOAS_ALLOC);
	check(is_32bit(ret), "probe", ret);
	ret = iommufd_ctx_adopt(iommufd_ctx_fd(ctx), IOMMUFD_ADOPT_VERIFY,
				&other);
	check(is_32bit(ret) && !other, "adopt", ret);
	iommufd_ctx_close(ctx);
	fprintf(tap, "1..%d\n", number);
	return fclose(tap) || failed;
}

/* SPDX-License-Identifier: MIT */
/*
 * The table as text, one row a line, for awk: run the preprocessor over this
 * and split at the quotation marks. With TEST_MOCK the mock driver's rows too.
 */
#define CONST(since, ours, theirs) CONST #since #ours #theirs
#define STRUCT(since, ours, theirs) STRUCT #since #ours #theirs
#define FIELD(ours, field, theirs, their_field)                                \
	FIELD #ours #field #theirs #their_field
#define FLEX FIELD
#define SINCE(since, row) row
#include "uapi_table.h"
#ifdef TEST_MOCK
#include "uapi_mock_table.h"
#endif

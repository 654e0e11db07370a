/* Any octets: where GMime's answer is sane, the leaves of our tree are the octets GMime says. */
#include "gmime_ranges.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	gmime_ranges_start();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *why = NULL;

	if (gmime_ranges_compare(slice_of((const char *)data, size), &why) == GMIME_DIFFERS) {
		g_printerr("%s\n", why);
		abort();
	}
	return 0;
}

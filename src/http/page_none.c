// page_none.c - the files of the teaching page in a build that has none.
#include "http/page.h"

const page_file PAGE_FILES[] = {{0}};
const int PAGE_FILE_COUNT = 0;

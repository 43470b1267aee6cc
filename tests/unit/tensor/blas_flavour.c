// blas_flavour.c - preloaded into the server by blas_test: OpenBLAS then says that it is of another flavour.
#include <stdlib.h>

int openblas_get_parallel(void);

int openblas_get_parallel(void) {
  const char *flavour = getenv("GRADD_BLAS_FLAVOUR");
  return flavour ? atoi(flavour) : 1;
}

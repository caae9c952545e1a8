#ifndef WARBLER_CSOXR_SHIM_H
#define WARBLER_CSOXR_SHIM_H

#include <soxr.h>

#endif

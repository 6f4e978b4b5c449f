/* ProcessPrng, which wheels written in Rust ask bcryptprimitives.dll for and Wine 8 lacks. */
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(void *bytes, ULONG count); /* RtlGenRandom's real name */

__declspec(dllexport) BOOL WINAPI ProcessPrng(BYTE *bytes, SIZE_T count) {
    const SIZE_T most = 1 << 20;
    for (SIZE_T done = 0; done < count; done += most)
        if (!SystemFunction036(bytes + done, (ULONG)(count - done < most ? count - done : most))) return FALSE;
    return TRUE;
}

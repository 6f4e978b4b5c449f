/* What the add-in's VBA does to ask Python, without Excel: has xlwings' DLL start Python, and calls a function by CallUDF.

     client.exe DLL COMMAND MODULE FUNCTION ARGUMENTS [TIMES]

   COMMAND is a file with the command line that the DLL starts Python with; ARGUMENTS a file with what to hand over: a line
   "ROWS COLUMNS" for each table, then a line for each of its cells, row by row. A cell is a letter and its value: n a
   number, d a date, m money, s a text, b a truth, e an error of Excel, - nothing. The answer is printed in the same way
   after the line "answer", the seconds each call took before it. Ends with 0 if every call was answered by a table. */
#include <windows.h>
#include <oleauto.h>
#include <stdio.h>
#include <stdlib.h>

typedef long(WINAPI *Activate)(VARIANT *, const char *, long);

static wchar_t *wide(const char *text) {
    int size = MultiByteToWideChar(CP_UTF8, 0, text, -1, NULL, 0);
    wchar_t *made = malloc(size * sizeof *made);
    MultiByteToWideChar(CP_UTF8, 0, text, -1, made, size);
    return made;
}

static void narrow(const wchar_t *text) {
    int size = WideCharToMultiByte(CP_UTF8, 0, text, -1, NULL, 0, NULL, NULL);
    char *made = malloc(size);
    WideCharToMultiByte(CP_UTF8, 0, text, -1, made, size, NULL, NULL);
    printf("s%s\n", made);
    free(made);
}

static char *line(FILE *file) {
    static char text[40000];
    if (!fgets(text, sizeof text, file)) return NULL;
    text[strcspn(text, "\r\n")] = 0;
    return text;
}

static VARIANT cell(const char *text) {
    VARIANT made;
    VariantInit(&made);
    switch (text[0]) {
    case 'n': made.vt = VT_R8, made.dblVal = atof(text + 1); break;
    case 'd': made.vt = VT_DATE, made.date = atof(text + 1); break;
    case 'm': made.vt = VT_CY, VarCyFromR8(atof(text + 1), &made.cyVal); break;
    case 'b': made.vt = VT_BOOL, made.boolVal = text[1] == '1' ? VARIANT_TRUE : VARIANT_FALSE; break;
    case 'e': made.vt = VT_ERROR, made.scode = 0x800A0000 | atol(text + 1); break;
    case 's': made.vt = VT_BSTR, made.bstrVal = SysAllocString(wide(text + 1)); break;
    }
    return made;
}

static VARIANT arguments(const char *path) {
    VARIANT tables[16], all;
    LONG count = 0;
    long rows, columns;
    FILE *file = fopen(path, "rb");
    if (!file) exit(2);
    for (char *head; count < 16 && (head = line(file)) && sscanf(head, "%ld %ld", &rows, &columns) == 2; count++) {
        /* As Excel does: from 1 on, and a single cell is no table. */
        SAFEARRAYBOUND bounds[2] = {{rows, 1}, {columns, 1}};
        SAFEARRAY *table = SafeArrayCreate(VT_VARIANT, 2, bounds);
        VARIANT one;
        for (LONG row = 1; row <= rows; row++)
            for (LONG column = 1; column <= columns; column++) {
                LONG at[2] = {row, column};
                one = cell(line(file));
                SafeArrayPutElement(table, at, &one);
            }
        VariantInit(&tables[count]);
        if (rows * columns == 1) tables[count] = one;
        else tables[count].vt = VT_ARRAY | VT_VARIANT, tables[count].parray = table;
    }
    fclose(file);
    SAFEARRAYBOUND bound = {count, 0};
    VariantInit(&all);
    all.vt = VT_ARRAY | VT_VARIANT;
    all.parray = SafeArrayCreate(VT_VARIANT, 1, &bound);
    for (LONG at = 0; at < count; at++) SafeArrayPutElement(all.parray, &at, &tables[at]);
    return all;
}

static void show(const VARIANT *value) {
    switch (value->vt) {
    case VT_EMPTY: case VT_NULL: printf("-\n"); break;
    case VT_BSTR: narrow(value->bstrVal ? value->bstrVal : L""); break;
    case VT_R8: printf("n%.17g\n", value->dblVal); break;
    case VT_I4: printf("n%ld\n", (long)value->lVal); break;
    case VT_BOOL: printf("b%d\n", value->boolVal != VARIANT_FALSE); break;
    case VT_DATE: printf("d%.17g\n", value->date); break;
    case VT_ERROR: printf("e%ld\n", (long)(value->scode & 0xFFFF)); break;
    default: printf("?%d\n", value->vt);
    }
}

static int shown(const VARIANT *answer) {
    LONG top, bottom, left, right;
    if (!(answer->vt & VT_ARRAY) || SafeArrayGetDim(answer->parray) != 2) return 0;
    SafeArrayGetLBound(answer->parray, 1, &top), SafeArrayGetUBound(answer->parray, 1, &bottom);
    SafeArrayGetLBound(answer->parray, 2, &left), SafeArrayGetUBound(answer->parray, 2, &right);
    printf("answer\n%ld %ld\n", (long)(bottom - top + 1), (long)(right - left + 1));
    for (LONG row = top; row <= bottom; row++)
        for (LONG column = left; column <= right; column++) {
            LONG at[2] = {row, column};
            VARIANT value;
            VariantInit(&value);
            SafeArrayGetElement(answer->parray, at, &value);
            show(&value);
            VariantClear(&value);
        }
    return 1;
}

static double seconds(void) {
    LARGE_INTEGER frequency, count;
    QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&count);
    return (double)count.QuadPart / frequency.QuadPart;
}

int main(int count, char **given) {
    static char command[8000];
    FILE *file = count > 5 ? fopen(given[2], "rb") : NULL;
    if (!file) return 2;
    fread(command, 1, sizeof command - 1, file);
    fclose(file);
    CoInitialize(NULL);
    HMODULE dll = LoadLibraryA(given[1]);
    Activate activate = dll ? (Activate)(void *)GetProcAddress(dll, "XLPyDLLActivateAuto") : NULL;
    VARIANT python;
    VariantInit(&python);
    if (!activate || activate(&python, command, 1) || python.vt != VT_DISPATCH) {
        if (python.vt == VT_BSTR) narrow(python.bstrVal);
        return 3;
    }
    IDispatch *object = python.pdispVal;
    LPOLESTR name = L"CallUDF";
    DISPID number;
    if (object->lpVtbl->GetIDsOfNames(object, &IID_NULL, &name, 1, 0, &number)) return 3;
    BSTR module = SysAllocString(wide(given[3])), function = SysAllocString(wide(given[4]));
    for (int times = count > 6 ? atoi(given[6]) : 1; times > 0; times--) {
        VARIANT all = arguments(given[5]), handed[5], answer;
        EXCEPINFO wrong = {0};
        for (int at = 0; at < 5; at++) VariantInit(&handed[at]);
        VariantInit(&answer);
        handed[0].vt = handed[1].vt = VT_DISPATCH; /* the caller and the workbook: neither is there. Last comes first. */
        handed[2].vt = VT_BYREF | VT_VARIANT, handed[2].pvarVal = &all;
        handed[3].vt = VT_BYREF | VT_BSTR, handed[3].pbstrVal = &function;
        handed[4].vt = VT_BYREF | VT_BSTR, handed[4].pbstrVal = &module;
        DISPPARAMS parameters = {handed, NULL, 5, 0};
        double start = seconds();
        HRESULT failed = object->lpVtbl->Invoke(
            object, number, &IID_NULL, 0, DISPATCH_METHOD, &parameters, &answer, &wrong, NULL);
        printf("%.3f\n", seconds() - start);
        if (failed) {
            narrow(wrong.bstrDescription ? wrong.bstrDescription : L"");
            return 4;
        }
        if (times == 1 && !shown(&answer)) return 5;
    }
    object->lpVtbl->Release(object);
    return 0;
}

#include "probes.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JSON  "application/json"
#define LINES "application/jsonl"
#define TEXT  "text/plain"

enum { NPY_ELEMENTS = 1000, NPY_HEADER = 128, BIG = NPY_HEADER + 4 * NPY_ELEMENTS };
static char npy[BIG], raw24[24];

// clang-format off
struct probe PROBES[] = {
    // the service
    {"cheat sheet",         {METHOD_GET, "@/"}, 0},
    {"alive",               {METHOD_GET, "@/livez"}, SILENT},
    {"ready",               {METHOD_GET, "@/readyz"}, SILENT},
    {"an unknown file",     {METHOD_GET, "@/assets/none.js"}, FAILS},
    {"metrics",             {METHOD_GET, "@/metrics"}, VARIES},
    {"version",             {METHOD_GET, "@/v1"}, 0},
    {"contract",            {METHOD_GET, "@/openapi.json"}, SILENT},
    {"an error code",       {METHOD_GET, "@/problems/no_grad"}, 0},
    {"an unknown code",     {METHOD_GET, "@/problems/none_such"}, FAILS},
    {"all ops",             {METHOD_GET, "@/v1/ops"}, 0},
    {"one op",              {METHOD_GET, "@/v1/ops/matmul"}, 0},
    {"an unknown op",       {METHOD_GET, "@/v1/ops/none_such"}, FAILS},

    // sessions
    {"list",                {METHOD_GET, "@/v1/sessions"}, VARIES},
    {"make and name",       {METHOD_POST, "@/v1/sessions", "{\"seed\":3,\"dtype\":\"float64\"}", JSON}, VARIES},
    {"state",               {METHOD_GET, ""}, VARIES},
    {"unknown",             {METHOD_GET, "@/v1/sessions/none_such"}, FAILS},
    {"make",                {METHOD_PUT, "@/v1/sessions/other", "{\"seed\":3,\"ttl_s\":9}", JSON}, 0},
    {"change by put",       {METHOD_PUT, "", "{\"seed\":3,\"ttl_s\":9,\"dtype\":\"float64\"}", JSON}, VARIES},
    {"change",              {METHOD_PATCH, "", "{\"ttl_s\":9,\"dtype\":\"float64\",\"seed\":1}", JSON}, VARIES},
    {"a bad change",        {METHOD_PATCH, "", "{\"ttl_s\":9,\"colour\":1}", JSON}, FAILS},
    {"delete",              {METHOD_DELETE, ""}, 0},

    // tensors
    {"list",                {METHOD_GET, "/tensors"}, 0},
    {"list a page",         {METHOD_GET, "/tensors?prefix=y&limit=1"}, 0},
    {"post",                {METHOD_POST, "/tensors", "{\"name\":\"new\",\"data\":[[1,2],[3,4]],\"requires_grad\":true}", JSON}, 0},
    {"post without a name", {METHOD_POST, "/tensors", "{\"data\":[1.5,2]}", JSON}, 0},
    {"post escaped",        {METHOD_POST, "/tensors", "{\"name\":\"\\u0061bc\",\"data\":[1]}", JSON}, 0},
    {"post with a key",     {METHOD_POST, "/tensors", "{\"data\":[1]}", JSON, "k1"}, 0},
    {"post again",          {METHOD_POST, "/tensors", "{\"data\":[1]}", JSON, "k1"}, KEYED},
    {"get",                 {METHOD_GET, "/tensors/x"}, 0},
    {"get a result",        {METHOD_GET, "/tensors/y"}, 0},
    {"get a view",          {METHOD_GET, "/tensors/row"}, 0},
    {"get a slice",         {METHOD_GET, "/tensors/x?slice=0:1,::2"}, 0},
    {"get text",            {METHOD_GET, "/tensors/x?as=txt"}, 0},
    {"get repr",            {METHOD_GET, "/tensors/q?as=repr"}, 0},
    {"get csv",             {METHOD_GET, "/tensors/x?as=csv"}, 0},
    {"get npy",             {METHOD_GET, "/tensors/x?as=npy"}, 0},
    {"get raw",             {METHOD_GET, "/tensors/x?as=raw"}, 0},
    {"get what is not",     {METHOD_GET, "/tensors/none_such"}, FAILS},
    {"put new",             {METHOD_PUT, "/tensors/new", "{\"data\":[[1,2],[3,4]],\"dtype\":\"float64\"}", JSON}, 0},
    {"put anew",            {METHOD_PUT, "/tensors/x", "{\"data\":[[1,2],[3,4]],\"requires_grad\":true}", JSON}, 0},
    {"put a number",        {METHOD_PUT, "/tensors/new", "3.5", JSON}, 0},
    {"put random",          {METHOD_PUT, "/tensors/new", "{\"shape\":[3,4],\"fill\":\"randn\"}", JSON}, 0},
    {"put arange",          {METHOD_PUT, "/tensors/new", "{\"shape\":[3,4],\"fill\":\"arange\",\"start\":2}", JSON}, 0},
    {"put eye as repr",     {METHOD_PUT, "/tensors/new?as=repr", "{\"shape\":[3,4],\"fill\":\"eye\"}", JSON}, 0},
    {"put npy",             {METHOD_PUT, "/tensors/new?requires_grad=1", npy, "application/x-npy", NULL, BIG}, 0},
    {"put npy, read back",  {METHOD_PUT, "/tensors/new?return=data&dtype=float64", npy, "application/x-npy", NULL, BIG}, 0},
    {"put raw",             {METHOD_PUT, "/tensors/new?dtype=float32&shape=2,3", raw24, "application/octet-stream", NULL, sizeof raw24}, 0},
    {"put csv",             {METHOD_PUT, "/tensors/new", "1,2\n3,4\n", "text/csv"}, 0},
    {"put text",            {METHOD_PUT, "/tensors/new?dtype=int64", "1 2\n3 4\n", "text/plain"}, 0},
    {"put ragged",          {METHOD_PUT, "/tensors/new", "[[1,2],[3]]", JSON}, FAILS},
    {"patch",               {METHOD_PATCH, "/tensors/m", "{\"requires_grad\":true}", JSON}, 0},
    {"patch a result",      {METHOD_PATCH, "/tensors/p", "{\"retain_grad\":true}", JSON}, 0},
    {"patch a view",        {METHOD_PATCH, "/tensors/row", "{\"retain_grad\":true}", JSON}, 0},
    {"patch half wrong",    {METHOD_PATCH, "/tensors/w", "{\"requires_grad\":false,\"retain_grad\":true}", JSON}, FAILS},
    {"delete",              {METHOD_DELETE, "/tensors/y"}, 0},
    {"put data",            {METHOD_PUT, "/tensors/x/data", "[[9,8,7],[6,5,4]]", JSON}, 0},
    {"put data raw",        {METHOD_PUT, "/tensors/x/data", raw24, "application/octet-stream", NULL, sizeof raw24}, 0},
    {"patch data",          {METHOD_PATCH, "/tensors/x/data", "{\"index\":[0,\"1:\"],\"value\":9}", JSON}, 0},
    {"patch data by list",  {METHOD_PATCH, "/tensors/row/data", "{\"index\":\"0:2\",\"value\":[7,8]}", JSON}, 0},

    // gradients
    {"get",                 {METHOD_GET, "/tensors/x/grad"}, 0},
    {"get none",            {METHOD_GET, "/tensors/m/grad"}, FAILS},
    {"put",                 {METHOD_PUT, "/tensors/w/grad", "[1,2,3]", JSON}, 0},
    {"put the first",       {METHOD_PUT, "/tensors/m/grad", "{\"data\":[[1,2,3],[4,5,6],[7,8,9]]}", JSON}, 0},
    {"delete",              {METHOD_DELETE, "/tensors/w/grad"}, 0},
    {"backward",            {METHOD_POST, "/tensors/y/backward", "", NULL}, 0},
    {"backward, grads",     {METHOD_POST, "/tensors/y/backward?return=grads", "{\"retain_graph\":true}", JSON}, 0},
    {"backward, graph",     {METHOD_POST, "/tensors/y/backward?return=grads", "{\"create_graph\":true}", JSON}, 0},
    {"backward, seed",      {METHOD_POST, "/tensors/p/backward", "{\"gradient\":[[1,2,3],[4,5,6]]}", JSON, "k2"}, 0},
    {"backward again",      {METHOD_POST, "/tensors/p/backward", "{\"retain_graph\":true,\"gradient\":[[1,2,3],[4,5,6]]}", JSON, "k2"}, KEYED},
    {"backward, inputs",    {METHOD_POST, "/tensors/y/backward", "{\"inputs\":[\"w\",\"p\"]}", JSON}, 0},
    {"backward, traced",    {METHOD_POST, "/tensors/y/backward", "{\"trace\":true}", JSON}, VARIES},
    {"backward, no seed",   {METHOD_POST, "/tensors/p/backward", "{}", JSON}, FAILS},
    {"several roots",       {METHOD_POST, "/backward?return=grads", "{\"tensors\":[\"y\",\"y0\",\"row\"],\"grad_tensors\":[2,null,[1,1,1]]}", JSON}, 0},
    {"grad",                {METHOD_POST, "/grad", "{\"outputs\":[\"y\"],\"inputs\":[\"w\",\"x\"]}", JSON}, 0},
    {"grad, named",         {METHOD_POST, "/grad", "{\"outputs\":[\"y\"],\"inputs\":[\"w\",\"x\",\"base\"],\"allow_unused\":true,\"create_graph\":true,\"out\":[\"gw\",\"y0\",\"gm\"]}", JSON}, 0},
    {"grad, traced",        {METHOD_POST, "/grad?trace=1", "{\"outputs\":[\"y\"],\"inputs\":[\"w\",\"x\"],\"create_graph\":true,\"out\":[\"gw\",\"gx\"]}", JSON}, VARIES},
    {"grad, zeros",         {METHOD_POST, "/grad", "{\"outputs\":[\"p\"],\"inputs\":[\"w\",\"base\"],\"grad_outputs\":[[[1,1,1],[2,2,2]]],\"materialize_grads\":true,\"out\":[\"a\",\"b\"]}", JSON}, 0},
    {"zero_grad",           {METHOD_POST, "/zero_grad", "", NULL}, 0},
    {"zero_grad of some",   {METHOD_POST, "/zero_grad", "{\"tensors\":[\"w\",\"x\"],\"set_to_none\":false}", JSON}, 0},

    // ops
    {"add",                 {METHOD_POST, "/ops", "{\"op\":\"add\",\"args\":[\"w\",\"x\"],\"out\":\"a\"}", JSON}, 0},
    {"add, unnamed",        {METHOD_POST, "/ops", "{\"op\":\"add\",\"args\":[\"w\",2],\"kwargs\":{\"alpha\":3}}", JSON, "k3"}, 0},
    {"add again",           {METHOD_POST, "/ops", "{\"op\":\"add\",\"args\":[\"w\",2],\"kwargs\":{\"alpha\":3}}", JSON, "k3"}, KEYED},
    {"mul onto its input",  {METHOD_POST, "/ops", "{\"op\":\"mul\",\"args\":[\"p\",[[1,2,3]]],\"out\":\"p\"}", JSON}, 0},
    {"add in place",        {METHOD_POST, "/ops", "{\"op\":\"add_\",\"args\":[\"m\",1]}", JSON}, 0},
    {"add in place, named", {METHOD_POST, "/ops", "{\"op\":\"mul_\",\"args\":[\"p\",\"w\"],\"out\":\"again\"}", JSON}, 0},
    {"in place on a view",  {METHOD_POST, "/ops", "{\"op\":\"mul_\",\"args\":[\"row\",\"w\"]}", JSON}, 0},
    {"set an item",         {METHOD_POST, "/ops", "{\"op\":\"setitem_\",\"args\":[\"base\",[0,\"1:\"],5]}", JSON}, 0},
    {"a composite in place", {METHOD_POST, "/ops", "{\"op\":\"square_\",\"args\":[\"base\"]}", JSON}, 0},
    {"cat of 20",           {METHOD_POST, "/ops", "{\"op\":\"cat\",\"args\":[[\"x\",\"p\",\"x\",\"p\",\"x\",\"p\",\"x\",\"p\",\"x\",\"p\",\"x\",\"p\",\"x\",\"p\",\"x\",\"p\",\"x\",\"p\",\"x\",\"p\"]],\"out\":\"c\"}", JSON}, 0},
    {"split",               {METHOD_POST, "/ops", "{\"op\":\"split\",\"args\":[\"p\",1],\"kwargs\":{\"dim\":1},\"out\":[\"y\",\"b\",\"y\"]}", JSON}, 0},
    {"unbind into six",     {METHOD_POST, "/ops", "{\"op\":\"unbind\",\"args\":[[1,2,3,4,5,6]],\"out\":[\"a\",\"y\",\"c\",\"d\",\"p\",\"a\"]}", JSON}, 0},
    {"two results",         {METHOD_POST, "/ops", "{\"op\":\"max\",\"args\":[\"p\",1],\"out\":[\"v\",\"j\"]}", JSON}, 0},
    {"matmul",              {METHOD_POST, "/ops?as=repr", "{\"op\":\"matmul\",\"args\":[\"x\",\"m\"],\"out\":\"a\"}", JSON}, 0},
    {"random",              {METHOD_POST, "/ops", "{\"op\":\"randn\",\"args\":[3,3],\"out\":\"a\"}", JSON}, 0},
    {"cross_entropy",       {METHOD_POST, "/ops?as=npy", "{\"op\":\"cross_entropy\",\"args\":[\"x\",\"i\"],\"out\":\"a\"}", JSON}, 0},
    {"a view",              {METHOD_POST, "/ops", "{\"op\":\"getitem\",\"args\":[\"base\",[\"...\",\"::2\"]],\"out\":\"a\"}", JSON}, 0},
    {"an unknown op",       {METHOD_POST, "/ops", "{\"op\":\"none_such\",\"args\":[\"x\"]}", JSON}, FAILS},
    {"shapes that differ",  {METHOD_POST, "/ops", "{\"op\":\"add\",\"args\":[\"i\",\"w\"]}", JSON}, FAILS},
    {"no such name",        {METHOD_POST, "/ops", "{\"op\":\"add\",\"args\":[\"none_such\",\"w\"]}", JSON}, FAILS},
    {"a name too many",     {METHOD_POST, "/ops", "{\"op\":\"add\",\"args\":[\"x\",\"w\"],\"out\":[\"a\",\"b\"]}", JSON}, FAILS},
    {"a leaf in place",     {METHOD_POST, "/ops", "{\"op\":\"add_\",\"args\":[\"w\",1]}", JSON}, FAILS},
    {"shell form",          {METHOD_POST, "/ops/sum?args=x&dim=[0,1]&keepdim=True&out=a"}, 0},
    {"shell form, unnamed", {METHOD_POST, "/ops/mul?args=w,[1,2,3]&as=txt", NULL, NULL, "k4"}, 0},

    // many steps
    {"batch",
     {METHOD_POST, "/batch?return=y,w.grad,_t&results=1",
      "{\"op\":\"exp\",\"args\":[\"p\"],\"out\":\"_t\"}\n"
      "{\"tensor\":\"w\",\"data\":[1,2],\"requires_grad\":true}\n"
      "{\"op\":\"mul\",\"args\":[\"w\",\"w\"],\"out\":\"v\"}\n"
      "{\"op\":\"sum\",\"args\":[\"v\"],\"out\":\"y\"}\n"
      "{\"backward\":\"y\",\"create_graph\":true}\n"
      "{\"grad\":[\"w.grad\"],\"inputs\":[\"w\"],\"grad_outputs\":[[1,2]],\"out\":[\"gg\"],\"create_graph\":true}\n"
      "{\"retain_grad\":\"v\"}\n"
      "{\"requires_grad\":\"m\",\"value\":true}\n",
      LINES}, STEPS},
    {"batch in place",
     {METHOD_POST, "/batch?return=row,base&results=1",
      "{\"op\":\"mul_\",\"args\":[\"row\",\"w\"]}\n"
      "{\"op\":\"sum\",\"args\":[\"base\"],\"out\":\"_s\"}\n"
      "{\"backward\":\"_s\"}\n"
      "{\"no_grad\":[{\"op\":\"sub_\",\"args\":[\"w\",\"w.grad\"]}]}\n"
      "{\"zero_grad\":[\"w\",\"x\"],\"set_to_none\":false}\n"
      "{\"zero_grad\":null}\n"
      "{\"delete\":[\"row\"]}\n"
      "{\"op\":\"randn\",\"args\":[3],\"out\":\"row\"}\n",
      LINES, "k5"}, STEPS},
    {"batch with a bad step",
     {METHOD_POST, "/batch", "{\"op\":\"neg\",\"args\":[\"x\"],\"out\":\"a\"}\n{\"op\":\"neg\",\"args\":[\"a\"]}\n{\"op\":\"neg\"}\n", LINES}, STEPS | FAILS},
    {"script",              {METHOD_POST, "/run?as=json", "s9 = (x * 2 + 1).sum()\n", TEXT}, 0},
    {"script of nothing",   {METHOD_POST, "/run?as=json", "", TEXT}, 0},
    {"script of its own",   {METHOD_POST, "@/v1/run?as=json", "w9 = torch.tensor([1.], requires_grad=True)\nfor i in range(2):\n  y9 = w9 * w9\n  y9.backward()\n  print(f'{i:.1f}', w9.grad, [y9])\n", TEXT}, 0},
    {"derivative",          {METHOD_POST, "@/v1/grad", "{\"expr\":\"(x0*w0+1).sum()\",\"at\":{\"x0\":[1,2],\"w0\":3},\"order\":2}", JSON}, 0},
    {"derivative of a form", {METHOD_POST, "@/v1/grad?as=txt", "expr=x0*x0&x0=[1,2]&cotangent=1", "application/x-www-form-urlencoded"}, 0},
    {"derivative asked for", {METHOD_GET, "@/v1/grad?expr=x0*x0&x0=2&wrt=x0"}, 0},
    {"script, traced",      {METHOD_POST, "@/v1/run?trace=1", "w9 = torch.tensor([1.], requires_grad=True)\n(w9 * w9).backward()\n", TEXT}, VARIES},
    {"derivative, traced",  {METHOD_GET, "@/v1/grad?expr=x0*x0&x0=2&trace=1"}, VARIES},
    {"script with a mistake", {METHOD_POST, "/run?as=json", "print('x')\nprint([1 / 0])\n", TEXT}, FAILS | VARIES},
    {"batch as a document",
     {METHOD_POST, "/batch", "{\"steps\":[{\"op\":\"neg\",\"args\":[\"x\"],\"out\":\"_a\"}],\"return\":[\"_a\"],\"no_grad\":true}", JSON}, 0},

    {"batch, traced",
     {METHOD_POST, "/batch?trace=1",
      "{\"op\":\"mul_\",\"args\":[\"row\",\"w\"]}\n{\"op\":\"sum\",\"args\":[\"base\"],\"out\":\"s\"}\n{\"backward\":\"s\"}\n",
      LINES}, STEPS | VARIES},

    // the graph
    {"graph",               {METHOD_GET, "/graph"}, 0},
    {"graph of one root",   {METHOD_GET, "/graph?root=y"}, 0},
    {"graph as dot",        {METHOD_GET, "/graph?as=dot"}, 0},
    {"graph as mermaid",    {METHOD_GET, "/graph?as=mermaid&root=q"}, 0},
    {"graph as svg",        {METHOD_GET, "/graph?as=svg"}, 0},

    // who follows
    {"events",              {METHOD_GET, "/events"}, 0},
    {"events from the first", {METHOD_GET, "/events?as=jsonl&last_event_id=0"}, FOLLOWED},
    {"events after what",   {METHOD_GET, "/events?last_event_id=x"}, FAILS},
    {"followed put",        {METHOD_PUT, "/tensors/x", "{\"data\":[[1,2],[3,4]],\"requires_grad\":true}", JSON}, FOLLOWED},
    {"followed op",         {METHOD_POST, "/ops", "{\"op\":\"add\",\"args\":[\"w\",\"x\"],\"out\":\"z\"}", JSON}, FOLLOWED},
    {"followed failure",    {METHOD_POST, "/ops", "{\"op\":\"linear\",\"args\":[\"x\",\"x\",\"m\"]}", JSON}, FOLLOWED | FAILS},
    {"followed backward",   {METHOD_POST, "/tensors/y/backward", "{\"retain_graph\":true}", JSON}, FOLLOWED},
    {"followed trace",      {METHOD_POST, "/tensors/y/backward", "{\"retain_graph\":true,\"trace\":true}", JSON}, FOLLOWED | VARIES},
    {"followed batch",
     {METHOD_POST, "/batch", "{\"op\":\"mul\",\"args\":[\"w\",\"w\"],\"out\":\"s\"}\n{\"op\":\"sum\",\"args\":[\"s\"],\"out\":\"s\"}\n{\"backward\":\"s\"}\n",
      LINES}, FOLLOWED | STEPS},
    {"followed run",        {METHOD_POST, "/run?as=json", "print(x)\ns9 = torch.tensor(2.) * x\n", TEXT}, FOLLOWED},
    {"followed clearing",   {METHOD_POST, "/zero_grad", "{}", JSON}, FOLLOWED},
    {"followed delete",     {METHOD_DELETE, ""}, FOLLOWED},
};
// clang-format on
const unsigned PROBES_COUNT = sizeof PROBES / sizeof *PROBES;

void probes_prepare(void) {
  memset(npy, ' ', NPY_HEADER);
  memcpy(npy, "\x93NUMPY\x01\x00\x76\x00", 10);
  const char *header = "{'descr': '<f4', 'fortran_order': False, 'shape': (10, 100), }";
  memcpy(npy + 10, header, strlen(header));
  npy[NPY_HEADER - 1] = '\n';
  for (int i = 0; i < NPY_ELEMENTS; i++)
    memcpy(npy + NPY_HEADER + 4 * i, &(float){(float)i / 3}, sizeof(float));
  for (int i = 0; i < 6; i++) memcpy(raw24 + 4 * i, &(float){(float)i}, sizeof(float));
}

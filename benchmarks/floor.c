/* The floor: one pass over the links for each hot stage of a quarter, with the powers and gathers that it needs and
 * nothing else; and beside it the bound of the bound: the same bytes streamed and the same exponentials taken, without
 * gathers and sums. Yardstick only: nothing in model/ uses it. docs/equations.md has the equations.
 *
 *   source  E3, E4, E2: delivered price -> log, exp (index), exp (target); new composite -> log, exp
 *   price   E6: one application of the price system
 *   trade   E7: one application of the trade system
 *   learn   E14: what arrives of imported inputs
 *   adopt   E18b: shares in force renormalised
 *
 * A quarter needs at least one application of each system, however it is solved.
 */
#include <math.h>
#include <stddef.h>

typedef struct {
    size_t links, cells, buyers, plants, block; /* block: links taken at once, at least those of the largest buyer */
    const int *supplier, *start, *first;        /* first link of a cell [cells+1], first cell of a buyer [buyers+1] */
    const int *cell, *buyer;                    /* of a link; of a cell */
    const double *sigma, *rho, *eta, *upper, *labour_share; /* sigma and (sigma - 1) / sigma by cell, eta and labour share by buyer */
    const double *theta, *input0, *pay, *base, *quality, *ship;
    const double *price, *wage;
    double *inputs, *delivered, *index, *made, *cost, *bought, *sent, *exposed, *shares;
    double *d, *z; /* scratch [block] */
} World;

static const double part = 0.1; /* what a quarter moves */

/* Links from..to of cells k..l of buyers b..c: everything in vectors over links, then over cells, then over buyers. */
static void source_block(World *w, int b, int c) {
    int k = w->first[b], l = w->first[c], from = w->start[k], n = w->start[l] - from;
    const int *cell = w->cell + from, *supplier = w->supplier + from;
    const double *theta = w->theta + from, *pay = w->pay + from, *base = w->base + from, *quality = w->quality + from;
    const double *sigma = w->sigma, *rho = w->rho, *input0 = w->input0 + from, *eta = w->eta, *upper = w->upper, *labour = w->labour_share, *price = w->price, *wage = w->wage;
    const int *buyer = w->buyer, *start = w->start, *first = w->first;
    double *restrict index = w->index, *restrict made = w->made, *restrict cost = w->cost;
    double *restrict d = w->d, *restrict z = w->z, *restrict inputs = w->inputs + from, *restrict delivered = w->delivered + from;
    for (int i = 0; i < n; i++) d[i] = price[supplier[i]]; /* gathers apart, so that logs and exps go in vectors */
    for (int i = 0; i < n; i++) d[i] = log(d[i] * pay[i] / (base[i] * quality[i]));
    for (int i = 0; i < n; i++) z[i] = 1 - sigma[cell[i]];
    for (int i = 0; i < n; i++) z[i] = theta[i] * exp(z[i] * d[i]);
    for (int j = k; j < l; j++) {
        double total = 0.0;
        for (int i = start[j] - from; i < start[j + 1] - from; i++) total += z[i];
        index[j] = total;
    }
    for (int j = k; j < l; j++) index[j] = log(index[j]) / (1 - sigma[j]);
    for (int j = k; j < l; j++) z[j - k] = 1 - eta[buyer[j]];
    for (int j = k; j < l; j++) made[j] = upper[j] * exp(z[j - k] * index[j]);
    for (int g = b; g < c; g++) {
        double inner = 0.0;
        for (int j = first[g]; j < first[g + 1]; j++) inner += made[j];
        cost[g] = inner;
    }
    for (int g = b; g < c; g++) cost[g] = log(cost[g] + labour[g] * exp((1 - eta[g]) * log(wage[g]))) / (1 - eta[g]);
    for (int j = k; j < l; j++) z[j - k] = -eta[buyer[j]] * (index[j] - cost[buyer[j]]);
    for (int j = k; j < l; j++) made[j] = exp(z[j - k]);
    for (int i = 0; i < n; i++) d[i] = -sigma[cell[i]] * (d[i] - index[cell[i]]);
    for (int i = 0; i < n; i++) z[i] = made[cell[i]];
    for (int i = 0; i < n; i++) inputs[i] = (1 - part) * inputs[i] + part * exp(d[i]) * z[i] / quality[i];
    for (int i = 0; i < n; i++) z[i] = rho[cell[i]];
    for (int i = 0; i < n; i++) z[i] = theta[i] * exp(z[i] * log(inputs[i] * quality[i]));
    for (int j = k; j < l; j++) {
        double total = 0.0;
        for (int i = start[j] - from; i < start[j + 1] - from; i++) total += z[i];
        made[j] = total;
    }
    for (int j = k; j < l; j++) z[j - k] = (1 - 1 / eta[buyer[j]]) / rho[j];
    for (int j = k; j < l; j++) made[j] = upper[j] * exp(z[j - k] * log(made[j]));
    for (int g = b; g < c; g++) {
        double total = labour[g];
        for (int j = first[g]; j < first[g + 1]; j++) total += made[j];
        cost[g] = total;
    }
    for (int g = b; g < c; g++) cost[g] = exp(-eta[g] / (eta[g] - 1) * log(cost[g]));
    for (int g = b; g < c; g++)
        for (int i = start[first[g]] - from; i < start[first[g + 1]] - from; i++) delivered[i] = (inputs[i] *= cost[g]) * input0[i];
}

static void source(World *w) {
    size_t b = 0;
    while (b < w->buyers) {
        size_t c = b + 1;
        while (c < w->buyers && (size_t)(w->start[w->first[c + 1]] - w->start[w->first[b]]) <= w->block) c++;
        source_block(w, (int)b, (int)c);
        b = c;
    }
}

static void price(World *w) {
    for (size_t b = 0; b < w->buyers; b++) {
        double bill = 0.0;
        for (int i = w->start[w->first[b]]; i < w->start[w->first[b + 1]]; i++)
            bill += w->delivered[i] * w->pay[i] * w->price[w->supplier[i]];
        w->bought[b] = bill;
    }
}

static void trade(World *w) {
    for (size_t f = 0; f < w->plants; f++) w->sent[f] = 0.0;
    for (size_t b = 0; b < w->buyers; b++)
        for (int i = w->start[w->first[b]]; i < w->start[w->first[b + 1]]; i++)
            w->sent[w->supplier[i]] += w->delivered[i] * w->ship[i] * w->bought[b];
}

static void learn(World *w) {
    for (size_t b = 0; b < w->buyers; b++) {
        double got = 0.0;
        for (int i = w->start[w->first[b]]; i < w->start[w->first[b + 1]]; i++)
            got += w->delivered[i] < w->input0[i] ? w->delivered[i] : w->input0[i];
        w->exposed[b] = got;
    }
}

static void adopt(World *w) {
    for (size_t k = 0; k < w->cells; k++) {
        double total = 0.0;
        for (int i = w->start[k]; i < w->start[k + 1]; i++) total += w->theta[i];
        total = 1 / total;
        for (int i = w->start[k]; i < w->start[k + 1]; i++) w->shares[i] = w->theta[i] * total;
    }
}

void quarter(World *w, int stage) {
    if (stage == 0 || stage == 1) source(w);
    if (stage == 0 || stage == 2) price(w);
    if (stage == 0 || stage == 3) trade(w);
    if (stage == 0 || stage == 4) learn(w);
    if (stage == 0 || stage == 5) adopt(w);
}

/* The same exponentials, of links, cells and buyers, in blocks that stay in cache, and the arrays that the passes read and
 * write streamed as often; no gathers, no sums by cell, no order of buyers. */
double bound(World *w) {
    double *restrict t = w->d, sum = 0.0;
    size_t few = 2048 < w->block ? 2048 : w->block;
    for (size_t from = 0; from < w->links; from += few) {
        size_t n = w->links - from < few ? w->links - from : few;
        const double *p = w->pay + from, *q = w->quality + from, *base = w->base + from, *theta = w->theta + from;
        const double *input0 = w->input0 + from;
        const int *supplier = w->supplier + from, *cell = w->cell + from;
        double *restrict x = w->inputs + from, *restrict a = w->delivered + from;
        for (size_t i = 0; i < n; i++) t[i] = log(p[i] * supplier[i] / (base[i] * q[i]) + 2.0);
        for (size_t i = 0; i < n; i++) sum += theta[i] * exp(-2.0 * t[i]);
        for (size_t i = 0; i < n; i++) t[i] = exp(-3.0 * t[i]);
        for (size_t i = 0; i < n; i++) x[i] = (1 - part) * x[i] + part * t[i];
        for (size_t i = 0; i < n; i++) sum += theta[i] * exp(0.7 * log(x[i] * q[i] + 1e-3));
        for (size_t i = 0; i < n; i++) a[i] = x[i] * input0[i] * cell[i];
    }
    for (size_t j = 0; j < w->cells; j++) w->index[j] = log(w->upper[j] + 1.0);
    for (size_t j = 0; j < w->cells; j++) sum += exp(w->index[j]) + exp(0.5 * w->index[j]);
    for (size_t j = 0; j < w->cells; j++) sum += exp(0.7 * log(w->upper[j] + 2.0));
    for (size_t g = 0; g < w->buyers; g++) w->cost[g] = log(1.0 + w->labour_share[g] * exp(0.5 * log(w->wage[g])));
    for (size_t g = 0; g < w->buyers; g++) sum += exp(0.3 * log(w->cost[g] + 1.0));
    for (size_t i = 0; i < w->links; i++) sum += w->delivered[i] * w->pay[i] * w->supplier[i];  /* price */
    for (size_t i = 0; i < w->links; i++) sum += w->delivered[i] * w->ship[i] * w->supplier[i]; /* trade */
    for (size_t i = 0; i < w->links; i++) sum += w->delivered[i] < w->input0[i] ? w->delivered[i] : w->input0[i]; /* learn */
    for (size_t i = 0; i < w->links; i++) sum += w->theta[i];                                   /* adopt */
    for (size_t i = 0; i < w->links; i++) w->shares[i] = w->theta[i] * 0.5;
    return sum;
}

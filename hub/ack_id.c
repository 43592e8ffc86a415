// SPDX-License-Identifier: MIT

#include "ack_id.h"

#include "seal.h"

// Layout of the block: number 7, claim 8, check 1.
enum { AT_CLAIM = 7, AT_CHECK = 15, CHECK = 0x5a };

struct seal *ack_id_seal(const uint8_t secret[32])
{
    return seal_new("letter 1", secret, 0);
}

bool ack_id_write(struct seal *seal, uint64_t number, uint64_t claim,
                  char text[ACK_ID_TEXT])
{
    uint8_t block[SEAL_BLOCK];
    seal_put(block, number, 7);
    seal_put(block + AT_CLAIM, claim, 8);
    block[AT_CHECK] = CHECK;
    return seal_write(seal, block, text);
}

bool ack_id_read(struct seal *seal, const char *text, size_t len,
                 uint64_t *number, uint64_t *claim)
{
    uint8_t block[SEAL_BLOCK];
    if (!seal_read(seal, text, len, block) || block[AT_CHECK] != CHECK)
        return false;
    *number = seal_get(block, 7);
    *claim = seal_get(block + AT_CLAIM, 8);
    return true;
}

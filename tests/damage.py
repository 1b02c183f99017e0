"""Random damage to the bytes of a file, for tests of what reads it."""

EDGES = (0, 1, 127, 128, 255)


def damage_bytes(chance, data):
    data = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 5))):
        if not data:
            break
        start = chance.randrange(len(data))
        length = chance.choice((1, 1, 2, 4, 8, 64, 500))
        piece = bytes(data[start : start + length])
        elsewhere = chance.randrange(len(data))
        match chance.randrange(6):
            case 0:
                data[start] = chance.choice((*EDGES, chance.randrange(256)))
            case 1:
                data[start] ^= 1 << chance.randrange(8)
            case 2:
                del data[start : start + length]
            case 3:
                data[elsewhere:elsewhere] = piece
            case 4:
                data[elsewhere : elsewhere + len(piece)] = piece
            case 5:
                data[start : start + length] = bytes(len(piece))
    return bytes(data)

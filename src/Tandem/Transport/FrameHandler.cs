namespace Tandem.Transport;

/// <summary>Handles a frame that was received.</summary>
internal delegate void FrameHandler(in Frame frame);
